// Plain HTTP beside a process's real work: /healthz (alive), /readyz (can do its work) and /metrics; gateway and workers listen here on loopback.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";

/** Name → asks one thing the process needs; rejects or resolves to a sentence when it is not there. */
export type ReadyChecks = Record<string, () => Promise<string | null>>;

export type HealthServer = { port: number; close: () => Promise<void> };

/** A check that takes longer than this, ms, counts as failed. */
const READY_TIMEOUT_MS = 2_000;

async function ask(check: () => Promise<string | null>): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${READY_TIMEOUT_MS} ms`), READY_TIMEOUT_MS);
  });
  try {
    return await Promise.race([check(), late]);
  } catch (err) {
    return err instanceof Error ? err.message || err.name : String(err);
  } finally {
    clearTimeout(timer);
  }
}

/** All checks at once: name → null when it is fine, else what is wrong. */
async function runReadyChecks(checks: ReadyChecks): Promise<{ ok: boolean; checks: Record<string, string | null> }> {
  const answers = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await ask(check)] as const),
  );
  return { ok: answers.every(([, problem]) => problem === null), checks: Object.fromEntries(answers) };
}

/**
 * Starts the server. /healthz answers 200 as long as the event loop turns; /readyz 200 or 503 with each check's answer.
 *
 * @param options.port 0 picks a free one
 * @throws Error when the port is taken
 */
export async function startHealthServer(options: {
  port: number;
  host?: string;
  registry: Registry;
  checks: ReadyChecks;
}): Promise<HealthServer> {
  const { registry, checks } = options;
  const server: Server = createServer((req, res) => {
    const json = (status: number, body: unknown) => {
      res.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
      res.end(`${JSON.stringify(body)}\n`);
    };
    const path = new URL(req.url ?? "/", "http://localhost").pathname;
    const answer = async () => {
      if (path === "/healthz") return json(200, { ok: true, uptimeS: Math.round(process.uptime()) });
      if (path === "/readyz") {
        const ready = await runReadyChecks(checks);
        return json(ready.ok ? 200 : 503, ready);
      }
      if (path !== "/metrics") return json(404, { error: "not found" });
      const text = await registry.metrics();
      res.writeHead(200, { "content-type": registry.contentType });
      res.end(text);
    };
    answer().catch((err: unknown) => json(500, { error: err instanceof Error ? err.message : String(err) }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host ?? "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port, // a listening TCP server has one
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

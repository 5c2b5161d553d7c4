// The health server over real HTTP.
import { Counter, Registry } from "prom-client";
import { afterEach, expect, test } from "vitest";
import { type HealthServer, type ReadyChecks, startHealthServer } from "./health.ts";

let server: HealthServer | undefined;
afterEach(() => server?.close());

async function start(checks: ReadyChecks, registry = new Registry()): Promise<(path: string) => Promise<Response>> {
  server = await startHealthServer({ port: 0, registry, checks });
  const { port } = server;
  return (path) => fetch(`http://127.0.0.1:${port}${path}`);
}

test("is ready only when every check is, and says which is not", async () => {
  const get = await start({
    fine: async () => null,
    away: async () => "not there",
    broken: () => Promise.reject(new Error("refused")),
  });
  const response = await get("/readyz");
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({ ok: false, checks: { fine: null, away: "not there", broken: "refused" } });
  expect((await get("/healthz")).status).toBe(200);
});

test("answers 200 when all is well", async () => {
  const get = await start({ fine: async () => null });
  expect((await get("/readyz")).status).toBe(200);
});

test("shows metrics, and nothing else", async () => {
  const registry = new Registry();
  new Counter({ name: "things_total", help: "things", registers: [registry] }).inc();
  const get = await start({}, registry);
  expect(await (await get("/metrics")).text()).toContain("things_total 1");
  expect((await get("/secrets")).status).toBe(404);
});

// The browsers' event stream: change hints from PostgreSQL fanned out as server-sent events. Hints name domains and ids, never data.
import type { IncomingMessage, ServerResponse } from "node:http";
import { CHANGES_CHANNEL } from "../core/changes.ts";
import { type Listener, listen } from "../core/listen.ts";

/** A ping keeps proxies from closing an idle stream, and tells the page that the stream is not hanging, ms. */
const KEEP_ALIVE_MS = 15_000;
/** Hints of one burst are joined, ms. */
const JOIN_MS = 150;
/** Whether the session still holds is looked up again this often, ms: a revoked one loses its stream. */
const RECHECK_MS = 10_000;

export type EventStream = {
  handle: (req: IncomingMessage, res: ServerResponse, isAllowed: () => Promise<boolean>) => void;
  close: () => Promise<void>;
  clientCount: () => number;
};

export function createEventStream(databaseUrl: string): EventStream {
  const clients = new Set<ServerResponse>();
  /** Domain → ids that wait to be sent; null stands for "any". */
  const waiting = new Map<string, Set<string> | null>();
  let timer: NodeJS.Timeout | null = null;

  const send = (event: unknown): void => {
    const line = `data: ${JSON.stringify(event)}\n\n`;
    for (const res of clients) res.write(line);
  };
  const flush = (): void => {
    timer = null;
    for (const [domain, ids] of waiting) send({ domain, ids: ids ? [...ids] : [] });
    waiting.clear();
  };
  const add = (domain: string, ids: string[]): void => {
    const before = waiting.get(domain);
    if (before === null || ids.length === 0) waiting.set(domain, null);
    else waiting.set(domain, new Set([...(before ?? []), ...ids]));
    timer ??= setTimeout(flush, JOIN_MS);
  };

  const listener: Listener = listen({
    url: databaseUrl,
    channels: [CHANGES_CHANNEL],
    onMessage: (_channel, payload) => {
      const hint: unknown = JSON.parse(payload);
      if (typeof hint !== "object" || hint === null || !("domain" in hint) || typeof hint.domain !== "string") return;
      const ids =
        "ids" in hint && Array.isArray(hint.ids) ? hint.ids.filter((id): id is string => typeof id === "string") : [];
      add(hint.domain, ids);
    },
    // Whatever changed while the connection was away is unknown: read everything again.
    onReconnect: () => send({ domain: "*", ids: [] }),
  });
  const keepAlive = setInterval(() => {
    for (const res of clients) res.write("event: ping\ndata: {}\n\n");
  }, KEEP_ALIVE_MS);

  return {
    clientCount: () => clients.size,
    handle(_req, res, isAllowed) {
      res.writeHead(200, {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
      });
      res.write('retry: 2000\ndata: {"domain":"hello","ids":[]}\n\n');
      clients.add(res);
      const recheck = setInterval(() => {
        isAllowed().then(
          (ok) => (ok ? null : res.end()),
          () => null,
        ); // the database is away: keep what was allowed, ask again later
      }, RECHECK_MS);
      res.on("close", () => {
        clearInterval(recheck);
        clients.delete(res);
      });
    },
    async close() {
      clearInterval(keepAlive);
      if (timer) clearTimeout(timer);
      for (const res of clients) res.end();
      await listener.close();
    },
  };
}

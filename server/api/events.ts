// The browsers' event stream: change hints from PostgreSQL fanned out as server-sent events. Hints name domains and ids, never data.
// A session that ends loses its streams at once, with a word to the page.
import type { IncomingMessage, ServerResponse } from "node:http";
import { SESSIONS_CHANNEL } from "../accounts/end-sessions.ts";
import { CHANGES_CHANNEL, type ChangeDomain, changeDomains, SHELL_OUTPUT_CHANNEL } from "../core/changes.ts";
import { type Actor, actorRef } from "../core/context.ts";
import { mayHear } from "../core/hints.ts";
import { type Listener, listen } from "../core/listen.ts";

/** A ping keeps proxies from closing an idle stream, and tells the page that the stream is not hanging, ms. */
const KEEP_ALIVE_MS = 15_000;
/** Hints of one burst are joined, ms. */
const JOIN_MS = 150;
/** Of what a shell printed: somebody waits for the echo of a key, ms. */
const ECHO_MS = 20;
/** Whether the session still holds is looked up again this often, ms: sessions also run out without anybody ending them. */
const RECHECK_MS = 10_000;
/** A stream that could not be checked for this long ends, ms: without the database nobody is signed in. */
const UNCHECKED_MAX_MS = 30_000;
/** Streams of one actor: a person with this many open pages is none. */
const ACTOR_STREAMS_MAX = 20;
const STREAMS_MAX = 2_000;
/** A client that has not read this many bytes does not read at all. */
const UNREAD_MAX = 1_000_000;

export type EventStream = {
  /** @param who asks the database anew each time */
  handle: (req: IncomingMessage, res: ServerResponse, who: () => Promise<Actor>) => void;
  close: () => Promise<void>;
  clientCount: () => number;
};

function refuse(res: ServerResponse, status: 429 | 503, text: string): void {
  res.writeHead(status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
  res.end(text);
}

function write(res: ServerResponse, text: string): void {
  if (res.writableLength > UNREAD_MAX) res.destroy();
  else res.write(text);
}

type Client = {
  /** Null until the database has said who it is; nothing is sent before. */
  actor: Actor | null;
  /** Something changed before that. */
  hasMissed: boolean;
  recheck: () => void;
};

export function createEventStream(databaseUrl: string): EventStream {
  const clients = new Map<ServerResponse, Client>();
  /** Domain → ids that wait to be sent; null stands for "any". */
  const waiting = new Map<ChangeDomain, Set<string> | null>();
  let timer: NodeJS.Timeout | null = null;
  let dueAt = 0;

  const readAgain = `data: ${JSON.stringify({ domain: "*", ids: [] })}\n\n`;
  const send = (domain: ChangeDomain, ids: string[]): void => {
    const line = `data: ${JSON.stringify({ domain, ids })}\n\n`;
    for (const [res, client] of clients) {
      if (!client.actor) client.hasMissed = true;
      else if (mayHear(client.actor, { domain })) write(res, line);
    }
  };
  const flush = (): void => {
    timer = null;
    for (const [domain, ids] of waiting) send(domain, ids ? [...ids] : []);
    waiting.clear();
  };
  const add = (domain: ChangeDomain, ids: string[], joinMs = JOIN_MS): void => {
    const before = waiting.get(domain);
    if (before === null || ids.length === 0) waiting.set(domain, null);
    else waiting.set(domain, new Set([...(before ?? []), ...ids]));
    const at = performance.now() + joinMs;
    if (timer && dueAt <= at) return;
    if (timer) clearTimeout(timer);
    dueAt = at;
    timer = setTimeout(flush, joinMs);
  };

  const recheckSessions = (payload: string): void => {
    const ended = new Set(payload.split(","));
    // Whose session is not known yet is asked as well.
    for (const { actor, recheck } of clients.values()) {
      const sessionId = actor?.kind === "user" ? actor.sessionId : null;
      if (payload === "*" || sessionId === null || ended.has(sessionId)) recheck();
    }
  };

  const listener: Listener = listen({
    url: databaseUrl,
    channels: [CHANGES_CHANNEL, SESSIONS_CHANNEL, SHELL_OUTPUT_CHANNEL],
    onMessage: (channel, payload) => {
      if (channel === SESSIONS_CHANNEL) return recheckSessions(payload);
      if (channel === SHELL_OUTPUT_CHANNEL) return add("shells", [payload], ECHO_MS);
      const hint: unknown = JSON.parse(payload);
      if (typeof hint !== "object" || hint === null || !("domain" in hint)) return;
      const domain = changeDomains.find((one) => one === hint.domain);
      if (!domain) return;
      const ids =
        "ids" in hint && Array.isArray(hint.ids) ? hint.ids.filter((id): id is string => typeof id === "string") : [];
      add(domain, ids);
      if (domain === "accounts") recheckSessions("*"); // rights may be among what changed
    },
    // Whatever changed while the connection was away is unknown: read everything again.
    onReconnect: () => {
      for (const [res, client] of clients)
        if (client.actor) write(res, readAgain);
        else client.hasMissed = true;
      recheckSessions("*");
    },
  });
  const keepAlive = setInterval(() => {
    for (const [res, { actor }] of clients) if (actor) write(res, "event: ping\ndata: {}\n\n");
  }, KEEP_ALIVE_MS);

  /** The head of a stream, or a refusal. */
  const begin = (res: ServerResponse, actor: Actor): boolean => {
    const ref = actorRef(actor);
    let count = 0;
    for (const client of clients.values()) if (client.actor && actorRef(client.actor) === ref) count += 1;
    if (count >= ACTOR_STREAMS_MAX) {
      refuse(res, 429, "too many event streams\n");
      return false;
    }
    res.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    res.write('retry: 2000\ndata: {"domain":"hello","ids":[]}\n\n');
    return true;
  };

  return {
    clientCount: () => clients.size,
    handle(_req, res, who) {
      if (clients.size >= STREAMS_MAX) return refuse(res, 503, "too many event streams\n");
      let checkedAt = Date.now();
      const client: Client = {
        actor: null,
        hasMissed: false,
        recheck: () =>
          void who().then(
            (actor) => {
              checkedAt = Date.now();
              if (res.writableEnded || res.destroyed) return;
              if (!res.headersSent && !begin(res, actor)) return;
              client.actor = actor;
              if (actor.kind === "anonymous") res.end("event: signed-out\ndata: {}\n\n");
              else if (client.hasMissed) write(res, readAgain);
              client.hasMissed = false;
            },
            // The database is away.
            () => {
              if (!res.headersSent) refuse(res, 503, "try again later\n");
              else if (Date.now() - checkedAt > UNCHECKED_MAX_MS) res.end();
            },
          ),
      };
      clients.set(res, client);
      client.recheck();
      const timer = setInterval(client.recheck, RECHECK_MS);
      res.on("close", () => {
        clearInterval(timer);
        clients.delete(res);
      });
    },
    async close() {
      clearInterval(keepAlive);
      if (timer) clearTimeout(timer);
      for (const res of clients.keys()) res.end();
      await listener.close();
    },
  };
}

// The dispatcher process: the only one that can sign commands. It wires server/dispatch to the database, wakes it and tells how it is; it serves nobody.
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { startBeat, writeBeat } from "../server/core/beat.ts";
import { APPROVALS_CHANNEL, FREEZE_CHANNEL, QUEUED_CHANNEL } from "../server/core/changes.ts";
import { readEnv } from "../server/core/env.ts";
import { startHealthServer } from "../server/core/health.ts";
import { listen } from "../server/core/listen.ts";
import { createLogger } from "../server/core/log.ts";
import { collectProcessMetrics, registry, timed } from "../server/core/metrics.ts";
import { VERSION } from "../server/core/version.ts";
import { Anchoring } from "../server/dispatch/anchor.ts";
import { Dispatcher } from "../server/dispatch/dispatcher.ts";
import { takeFolder } from "../server/dispatch/lock.ts";
import { loadSigningKey } from "../server/trust/signing.ts";

/** Without a notification it looks again after this, ms. */
const POLL_MS = 1_000;
/** A round may take at most this share of the time, so that a flood of rows that wait does not eat a processor. */
const BUSY_SHARE = 0.25;
const ANCHOR_MS = 10_000;
/** The same error is logged this often at most, ms. */
const REPEAT_MS = 10_000;
/** Rounds older than this mean that it is stuck, ms. */
const STUCK_MS = 30_000;
/** No statement and no wait for a lock takes longer, ms. */
const DATABASE_TIMEOUT_MS = 15_000;

const env = readEnv();
const log = createLogger("dispatcher", env.LOG_LEVEL);
const messageOf = (err: unknown): string => (err instanceof Error ? err.message || err.name : String(err));
const die = (err: unknown, what: string): never => {
  log.fatal({ err: messageOf(err) }, what);
  process.exit(1);
};

collectProcessMetrics("dispatcher");
const pool = new pg.Pool({
  connectionString: env.DATABASE_URL,
  max: 3,
  application_name: "nodeops-dispatcher",
  connectionTimeoutMillis: 5_000,
  // A round that waits for somebody else's lock would hold up the whole fleet; it is given up and tried again.
  lock_timeout: DATABASE_TIMEOUT_MS,
  statement_timeout: DATABASE_TIMEOUT_MS,
  keepAlive: true,
});
pool.on("error", (err) => log.warn({ err: err.message }, "idle database connection lost"));

function open() {
  try {
    const key = loadSigningKey(env.NODEOPS_DATA);
    key(); // a key that is missing or damaged is said now
    takeFolder(env.NODEOPS_DATA);
    const dataDir = env.NODEOPS_DATA;
    const dispatcher = new Dispatcher({ dataDir, pool, key, publicUrl: env.PUBLIC_URL, log });
    return { key, dispatcher, anchoring: new Anchoring({ dataDir, key, log }) };
  } catch (err) {
    return die(err, "dispatcher could not start");
  }
}
const { key, dispatcher, anchoring } = open();

const lastLogged = new Map<string, number>();
function onError(what: string, err: unknown): void {
  const about = `${what}: ${messageOf(err)}`;
  const now = Date.now();
  if (now - (lastLogged.get(about) ?? 0) < REPEAT_MS) return;
  lastLogged.set(about, now);
  log.warn({ what, err: messageOf(err) }, "not done");
}

let isStopping = false;
let isAwake = false;
let wakeUp: () => void = () => undefined;
/** Ends the pause before the next round; during a round, the one after it follows at once. */
function wake(): void {
  isAwake = true;
  wakeUp();
}

async function pause(ms: number, until: number): Promise<void> {
  const waker = new Promise<void>((resolve) => {
    wakeUp = resolve;
  });
  await delay(Math.max(0, until - Date.now())); // time off after a long round, woken or not
  if (!isAwake) await Promise.race([waker, delay(ms, undefined, { ref: false })]);
}

let roundAt = Date.now();
let anchoredAt = 0;
let told = "";
async function work(): Promise<void> {
  while (!isStopping) {
    isAwake = false;
    const began = Date.now();
    try {
      await timed("round", "dispatch", () => dispatcher.round());
      roundAt = Date.now();
      if (Date.now() - anchoredAt >= ANCHOR_MS) {
        await anchoring.write(pool, new Date());
        anchoredAt = Date.now();
      }
      // The console shows at once whether a freeze is in force.
      const { frozenEpoch } = dispatcher.status();
      if (told !== `${frozenEpoch}`) await writeBeat(pool, beatOf());
      told = `${frozenEpoch}`;
    } catch (err) {
      onError("round", err);
    }
    const took = Date.now() - began;
    await pause(POLL_MS, took > POLL_MS * BUSY_SHARE ? Date.now() + took / BUSY_SHARE - took : Date.now());
  }
}

const health = await startHealthServer({
  port: env.HEALTH_PORT ?? 0,
  registry,
  checks: {
    database: async () => {
      await pool.query("SELECT 1");
      return null;
    },
    rounds: async () => (Date.now() - roundAt > STUCK_MS ? "no round was finished for a while" : null),
  },
}).catch((err: unknown) => die(err, "health server could not start"));

const beatOf = () => ({
  name: "dispatcher",
  version: VERSION,
  detail: () => ({ healthPort: health.port, keyId: key().keyId, ...dispatcher.status() }),
});
const beat = startBeat(pool, beatOf(), (err) => onError("beat", err));
const listener = listen({
  url: env.DATABASE_URL,
  channels: [QUEUED_CHANNEL, APPROVALS_CHANNEL, FREEZE_CHANNEL],
  onMessage: wake,
  onReconnect: wake,
});
const working = work();
log.info({ healthPort: health.port, keyId: key().keyId, ...dispatcher.status() }, "dispatcher started");

/** A round that runs is ended; what it has not come to is there after the next start. */
async function stop(signal: string): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  log.info({ signal }, "dispatcher stopping");
  beat.stop();
  wake();
  await Promise.race([working, delay(5_000)]);
  await listener.close();
  await health.close();
  await Promise.race([pool.end(), delay(2_000)]);
  dispatcher.close();
  log.info("dispatcher stopped");
  process.exit(0);
}
process.on("SIGTERM", () => void stop("SIGTERM"));
process.on("SIGINT", () => void stop("SIGINT"));

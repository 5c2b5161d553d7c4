// The gateway process: agents connect here, and nothing else does. Settings by environment (server/core/env.ts).

import type { GatewayDetail } from "../server/agents/gateway-facts.ts";
import { startBeat, writeBeat } from "../server/core/beat.ts";
import { openDatabase } from "../server/core/db.ts";
import { readEnv } from "../server/core/env.ts";
import { startHealthServer } from "../server/core/health.ts";
import { createLogger } from "../server/core/log.ts";
import { collectProcessMetrics, registry } from "../server/core/metrics.ts";
import { closeQueues } from "../server/core/queue.ts";
import { VERSION } from "../server/core/version.ts";
import { startGateway } from "./gateway.ts";

const env = readEnv();
const log = createLogger("gateway", env.LOG_LEVEL);
collectProcessMetrics("gateway");
const db = openDatabase(env.DATABASE_URL, { name: "gateway" });

const gateway = await startGateway({
  db,
  dataDir: env.NODEOPS_DATA,
  host: env.GATEWAY_HOST,
  port: env.GATEWAY_PORT,
  log,
}).catch((err: Error) => {
  log.fatal({ err: err.message, port: env.GATEWAY_PORT }, "gateway cannot start");
  process.exit(1);
});

const detail = (): GatewayDetail => ({
  url: `https://${new URL(env.PUBLIC_URL).hostname}:${gateway.port}`,
  sessions: gateway.sessions(),
  held: gateway.held(),
});
const beat = { name: "gateway", version: VERSION, detail };
// Ready means that join commands can be made, which read this beat.
await writeBeat(db.pool, beat).catch((err: Error) => log.warn({ err: err.message }, "first beat not written"));
const beating = startBeat(db.pool, beat, (err) => log.warn({ err: String(err) }, "beat not written"));

const health =
  env.HEALTH_PORT === undefined
    ? null
    : await startHealthServer({
        port: env.HEALTH_PORT,
        registry,
        checks: {
          database: async () => {
            await db.pool.query("SELECT 1");
            return null;
          },
          listening: async () => (gateway.isListening() ? null : "the port for agents is closed"),
        },
      });

async function stop(signal: string): Promise<void> {
  log.info({ signal }, "gateway stops");
  beating.stop();
  await gateway.stop();
  await health?.close();
  await closeQueues();
  await db.close();
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    stop(signal).then(
      () => process.exit(0),
      (err: unknown) => {
        log.error({ err: String(err) }, "gateway did not stop cleanly");
        process.exit(1);
      },
    );
  });
}

// What the gateway's tests stand on: a database of their own, a state folder, a gateway on a free port, and nodes that enrol for real.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { z } from "zod";
import { createJoinTokenWith } from "../../server/agents/create-join-token.ts";
import type { GatewayDetail } from "../../server/agents/gateway-facts.ts";
import type { CreateJoinToken } from "../../server/agents/schema.ts";
import { writeBeat } from "../../server/core/beat.ts";
import { type Context, systemActor } from "../../server/core/context.ts";
import { type Database, openDatabase } from "../../server/core/db.ts";
import { createLogger } from "../../server/core/log.ts";
import { loadTrust } from "../../server/trust/document.ts";
import { ensureTrust } from "../../server/trust/ensure.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { type Gateway, startGateway } from "../gateway.ts";
import { enrolAt, type Identity } from "./agent-client.ts";

export type TestGateway = {
  /** The gateway's own way to the database. */
  db: Database;
  /** Another way, which is never cut. */
  prisma: TestDatabase["prisma"];
  gateway: Gateway;
  dataDir: string;
  ctx: Context;
  /** Node ids that were enqueued for inspection, repairs that were woken. */
  inspected: string[];
  advanced: string[];
  token: (options?: z.input<typeof CreateJoinToken>) => Promise<string>;
  enrol: (name: string) => Promise<Identity>;
  restart: () => Promise<void>;
  stop: () => Promise<void>;
};

/** @param through how the gateway reaches the database, for tests that cut the way */
export async function startTestGateway(
  through: (url: string) => Promise<string> | string = (url) => url,
): Promise<TestGateway> {
  const test = await testDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), "nodeops-gateway-test-"));
  const bundlePath = join(dataDir, "agent.mjs");
  writeFileSync(bundlePath, "console.log('agent')\n");
  const db = openDatabase(await through(test.urlOf("gateway")), { name: "gateway-test" });
  const inspected: string[] = [];
  const advanced: string[] = [];
  const wake = {
    inspect: async (ids: string[]) => void inspected.push(...ids),
    advance: async (ids: string[]) => void advanced.push(...ids),
  };
  const start = () =>
    startGateway({
      db,
      dataDir,
      host: "127.0.0.1",
      port: 0,
      log: createLogger("gateway", process.env.TEST_LOG ?? "silent"),
      wake,
      bundlePath,
    });
  await ensureTrust(dataDir, new Date());
  let gateway = await start();
  const createJoinToken = createJoinTokenWith({ trust: loadTrust(dataDir), bundle: () => gateway.bundle() });
  const ctx: Context = { db: test.prisma, actor: systemActor("test"), now: () => new Date(), requestId: null };
  const detail = (): GatewayDetail => ({
    url: `https://127.0.0.1:${gateway.port}`,
    sessions: 0,
    held: null,
  });
  await writeBeat(db.pool, { name: "gateway", version: "0", detail });

  const own: TestGateway = {
    db,
    prisma: test.prisma,
    get gateway() {
      return gateway;
    },
    dataDir,
    ctx,
    inspected,
    advanced,
    async token(options = {}) {
      return (await createJoinToken.call(ctx, options)).token;
    },
    async enrol(name) {
      const { answer, identity } = await enrolAt(gateway.port, { token: await own.token(), name });
      if (!identity) throw new Error(`enrolment of ${name}: ${JSON.stringify(answer)}`);
      return identity;
    },
    async restart() {
      await gateway.stop();
      gateway = await start();
    },
    async stop() {
      await gateway.stop();
      await db.close();
      await test.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return own;
}

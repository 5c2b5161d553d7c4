// The gateway's process of `bench ingest`: the real gateway over TLS, and beside it the same sessions without TLS, which no gateway offers. Started with fork().
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { startGateway } from "../../gateway/gateway.ts";
import { createInbox } from "../../gateway/inbox.ts";
import { type SessionDeps, serveSession } from "../../gateway/session.ts";
import { createSessionTable } from "../../gateway/session-table.ts";
import { FRAME_BYTES_MAX } from "../../protocol/constants.ts";
import { ingest } from "../../server/agents/ingest.ts";
import { openSession } from "../../server/agents/sessions.ts";
import { type Database, openDatabase } from "../../server/core/db.ts";
import { createLogger } from "../../server/core/log.ts";
import { registry } from "../../server/core/metrics.ts";
import { loadTrust } from "../../server/trust/document.ts";
import type { FromServer, ServerSettings, ToServer } from "./messages.ts";

const log = createLogger("gateway", "error");
const DAY_MS = 24 * 3_600_000;

const say = (message: FromServer): void => void process.send?.(message);

/** A session as the gateway serves it, for whoever names a node: only on loopback, and only here. */
async function startPlain(db: Database, dataDir: string): Promise<number> {
  const trust = loadTrust(dataDir);
  const deps: SessionDeps = {
    table: createSessionTable(),
    inbox: createInbox({
      store: (batches) => ingest(db.pool, batches, new Date()),
      onStored: () => undefined,
      onFailed: (err) => log.error({ err: String(err) }, "not stored"),
      isPermanent: () => false,
      log,
    }),
    log,
    trust: () => trust().document,
    freeze: () => ({ payload: new Uint8Array(), keyId: null, signature: null }),
    open: (session) => openSession(db.pool, { ...session, now: new Date() }),
    isOver: async () => false,
    quarantine: async () => undefined,
    onOpened: () => undefined,
    onClosed: () => undefined,
  };
  const server = createServer();
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: FRAME_BYTES_MAX,
    clientTracking: false,
  });
  server.on("upgrade", (req, socket, head) => {
    const peer = {
      nodeId: String(req.headers["x-node"]),
      serial: "plain",
      expiresAt: new Date(Date.now() + DAY_MS),
      address: "127.0.0.1",
      ca: "",
    };
    sockets.handleUpgrade(req, socket, head, (ws) => serveSession(ws, socket, peer, deps));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port; // a listening TCP server has one
}

async function start({ databaseUrl, dataDir }: ServerSettings): Promise<void> {
  const db = openDatabase(databaseUrl, { name: "bench-gateway", poolMax: 6 });
  const wake = { inspect: async () => undefined, advance: async () => undefined };
  const gateway = await startGateway({ db, dataDir, host: "127.0.0.1", port: 0, log, wake });
  say({ type: "listening", ports: { tls: gateway.port, plain: await startPlain(db, dataDir) } });
}

async function applied(): Promise<number> {
  const metric = await registry.getSingleMetric("nodeops_requests_success_total")?.get();
  return metric?.values.find(({ labels }) => labels.interface === "heartbeat")?.value ?? 0;
}

async function handle(message: ToServer): Promise<void> {
  if (message.type === "start") return start(message.settings);
  return say({ type: "applied", count: await applied() });
}

process.on("message", (message: ToServer) => {
  handle(message).catch((err: unknown) =>
    say({ type: "failed", message: err instanceof Error ? (err.stack ?? err.message) : String(err) }),
  );
});
process.on("disconnect", () => process.exit(0)); // the bench is gone

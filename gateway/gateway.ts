// The gateway as a value: TLS server, sessions, inbox, delivery and watch wired together; main.ts and the tests start it.
import { constants } from "node:crypto";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { AGENT_SOCKET_PATH, FRAME_BYTES_MAX, HANDSHAKE_TIMEOUT_MS } from "../protocol/constants.ts";
import { agentBundle, type Bundle } from "../server/agents/bundle.ts";
import { enrolment } from "../server/agents/enrol.ts";
import { recordForeign } from "../server/agents/foreign.ts";
import { ingest } from "../server/agents/ingest.ts";
import { quarantineNode } from "../server/agents/quarantine.ts";
import { renewal } from "../server/agents/renew.ts";
import { findEnded, markHeard, openSession } from "../server/agents/sessions.ts";
import { queueWake, type Wake } from "../server/agents/wake.ts";
import { writeAudit } from "../server/core/audit.ts";
import { systemActor } from "../server/core/context.ts";
import type { Database } from "../server/core/db.ts";
import type { Logger } from "../server/core/log.ts";
import { caFingerprint, loadTrust, type Trust } from "../server/trust/document.ts";
import { createAftermath } from "./aftermath.ts";
import { startDelivery } from "./delivery.ts";
import { createEnrolGuard } from "./enrol-guard.ts";
import { watchFreeze } from "./freeze.ts";
import { createRoutes } from "./http.ts";
import { createInbox } from "./inbox.ts";
import { createLiveness, type Liveness } from "./liveness.ts";
import * as metrics from "./metrics.ts";
import { peerOf } from "./peer.ts";
import { type Session, type SessionDeps, serveSession } from "./session.ts";
import { createSessionTable } from "./session-table.ts";
import { startShells } from "./shells.ts";
import { watchTrust } from "./trust.ts";
import { type Held, startWatch } from "./watch.ts";

export type Gateway = {
  port: number;
  /** Looks now whether there is a newer trust document. */
  refreshTrust: () => Promise<boolean>;
  bundle: () => Bundle | null;
  sessions: () => number;
  /** Why nothing is said of silent nodes now; null when it is. */
  held: () => Held | null;
  isListening: () => boolean;
  /** Says good-bye to the agents, stores what is there, closes. */
  stop: () => Promise<void>;
};

const DAY_MS = 24 * 3_600_000;
/** Agents wait at least this long after a drain, ms, and add jitter of their own. */
const DRAIN_RECONNECT_MS = 500;
/** What is not stored after this when the gateway goes, ms, is sent again by the agents. */
const DRAIN_STORE_MS = 5_000;

/** The same data will fail again: bad values (class 22), broken rules (23), program limits (54), our own type errors. */
function isPermanent(err: unknown): boolean {
  if (err instanceof TypeError || err instanceof RangeError) return true;
  const code = err instanceof Error && "code" in err ? err.code : null;
  return typeof code === "string" && /^(22|23|54)...$/.test(code);
}

/** Starts a gateway. @throws Error when the port is taken or the CA cannot be read */
export async function startGateway(options: {
  db: Database;
  dataDir: string;
  host: string;
  port: number;
  log: Logger;
  wake?: Wake;
  bundlePath?: string;
  liveness?: Liveness;
}): Promise<Gateway> {
  const { db, dataDir, host, port, log, wake = queueWake, liveness = createLiveness() } = options;
  const table = createSessionTable();
  const trusted = await watchTrust({ dataDir, load: loadTrust(dataDir), table, onChange: followTrust, log });
  const { authority, trust } = trusted;
  const identity = await authority().serverIdentity(new Date());
  const frozen = await watchFreeze({ db, table, log });
  const aftermath = createAftermath({ wake, runner: db.prisma, log });
  const bundle = agentBundle(options.bundlePath);

  const foreign = recordForeign({ db: db.prisma, log });
  const inbox = createInbox({
    store: (batches) => ingest(db.pool, batches, new Date()),
    onStored: (outcome) => {
      for (const { nodeId, commandId } of outcome.foreign)
        log.error({ nodeId, commandId }, "a node spoke of another node's command");
      foreign.seen(outcome.foreign);
      for (const kind of outcome.invalidFacts) metrics.invalidFacts.inc({ fact: kind });
      aftermath.stored(outcome);
    },
    onFailed: () => liveness.databaseLost(),
    isPermanent,
    log,
  });
  const watch = startWatch({ db, table, inbox, liveness, log });
  const delivery = startDelivery({ db, table, trust, isFrozen: () => frozen.state().isFrozen, log });
  const shells = startShells({ db, table, log });
  let isStopping = false;

  async function afterOpen(session: Session, state: string): Promise<void> {
    liveness.opened(session.nodeId);
    aftermath.heard(session.nodeId);
    if (state === "not_reporting") await markHeard(db.prisma, session.nodeId, new Date());
    await delivery.hand(session);
  }

  const secureContext = () => ({
    minVersion: "TLSv1.3" as const,
    // One text: a list would keep older entries alive in some versions of Node.
    ca: authority().certificates.join("\n"),
    requestCert: true,
    // Machines that enrol have no certificate yet; the agents' path asks for one below.
    rejectUnauthorized: false,
    // A resumed session need not show a certificate again: none are resumed.
    secureOptions: constants.SSL_OP_NO_TICKET,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  });
  const enrol = enrolment({ db: db.prisma, authority, trust });
  const renew = renewal({ db: db.prisma, authority, trust });
  const server = createServer(
    { ...secureContext(), key: identity.key, cert: identity.chain, requestTimeout: 30_000, headersTimeout: 10_000 },
    createRoutes({ enrol, renew, guard: createEnrolGuard(), renewals: createEnrolGuard(), bundle, log }),
  );
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: FRAME_BYTES_MAX,
    clientTracking: false,
  });

  // One object for all sessions: what each would hold of its own is memory times a hundred thousand.
  const sessionDeps: SessionDeps = {
    table,
    inbox,
    log,
    trust: () => trust().document,
    freeze: () => frozen.state().freeze,
    open: (session) => openSession(db.pool, { ...session, now: new Date() }),
    isOver: async (session) => (await findEnded(db.pool, [session])).length > 0,
    quarantine: (nodeId, reason, address) => quarantineNode(db.prisma, { nodeId, reason, address }),
    onOpened: (session, state) => {
      afterOpen(session, state).catch((err: unknown) =>
        log.warn({ nodeId: session.nodeId, err: String(err) }, "after opening"),
      );
    },
    onShell: shells.take,
    onClosed: (session) => {
      log.info({ nodeId: session.nodeId }, "session ended");
      watch.lost(session); // recorded only while the watch runs: a gateway that stops loses nobody
    },
  };

  server.on("upgrade", (req, socket, head) => {
    const peer = peerOf(socket);
    const path = new URL(req.url ?? "/", "https://gateway").pathname;
    const status =
      path !== AGENT_SOCKET_PATH
        ? "404 Not Found"
        : isStopping
          ? "503 Service Unavailable"
          : peer
            ? null
            : "401 Unauthorized";
    if (status || !peer) {
      if (!peer) metrics.refusedSessions.inc({ code: "no-certificate" });
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(req, socket, head, (ws) => serveSession(ws, socket, peer, sessionDeps));
  });
  server.on("tlsClientError", (err) => log.debug({ err: err.message }, "TLS handshake failed"));

  async function renewOwn(): Promise<void> {
    const fresh = await authority().serverIdentity(new Date());
    server.setSecureContext({ ...secureContext(), key: fresh.key, cert: fresh.chain });
  }
  const certificateTimer = setInterval(
    () =>
      renewOwn().catch((err: unknown) =>
        log.error({ err: String(err) }, "the gateway's certificate could not be renewed"),
      ),
    DAY_MS,
  );

  async function followTrust(now: Trust, before: Trust): Promise<void> {
    await renewOwn();
    const about = ({ content }: Trust) => ({
      serial: content.serial,
      signer: content.signer,
      cas: content.cas.map(caFingerprint),
    });
    await writeAudit(db.prisma, {
      actor: systemActor("gateway"),
      action: "trust.change",
      at: new Date(),
      requestId: null,
      outcome: "done",
      entry: { entity: ["trust", String(now.content.serial)], before: about(before), after: about(now) },
    }).catch((err: unknown) => log.error({ err: String(err) }, "change of trust not in the audit trail"));
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  liveness.listening(performance.now());
  const { port: bound } = server.address() as AddressInfo; // a listening TCP server has one
  log.info({ host, port: bound, certificateExpiresAt: identity.expiresAt }, "gateway listens");

  return {
    port: bound,
    refreshTrust: trusted.refresh,
    bundle,
    sessions: table.size,
    held: watch.held,
    isListening: () => server.listening,
    async stop() {
      isStopping = true;
      clearInterval(certificateTimer);
      trusted.stop();
      await frozen.stop();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await watch.stop();
      for (const session of table.all()) session.drain(DRAIN_RECONNECT_MS);
      await inbox.drain(DRAIN_STORE_MS);
      await aftermath.drain();
      await delivery.stop();
      await shells.stop();
      for (const session of table.all()) session.terminate();
      server.closeAllConnections();
      await closed;
    },
  };
}

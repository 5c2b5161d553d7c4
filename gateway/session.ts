// One agent's session: hello → welcome → heartbeats, facts and durable frames up, commands down. Its node is the one its certificate names.
import { randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";
import { decodeFromAgent, encode } from "../protocol/codec.ts";
import { FRAME_BYTES_MAX, HANDSHAKE_TIMEOUT_MS, HEARTBEAT_MS, SPOOL_WINDOW } from "../protocol/constants.ts";
import { heartbeatAt } from "../protocol/heartbeat.ts";
import type { AgentToGateway, GatewayToAgent } from "../protocol/messages.ts";
import type { SignedFreeze, TrustDocument } from "../protocol/trust.ts";
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from "../protocol/version.ts";
import type { Certificate, OpenedSession, QuarantineReason } from "../server/agents/sessions.ts";
import type { Logger } from "../server/core/log.ts";
import { timed } from "../server/core/metrics.ts";
import type { Inbox } from "./inbox.ts";
import * as metrics from "./metrics.ts";
import type { Peer } from "./peer.ts";
import { type Answering, answerSoon } from "./pulses.ts";
import { createThrottle } from "./throttle.ts";

/** A quarantined machine may ask again after this, ms: somebody has to decide first. */
export const QUARANTINE_RETRY_MS = 300_000;

type Hello = Extract<AgentToGateway, { type: "hello" }>;
type RefusalCode = Extract<GatewayToAgent, { type: "refused" }>["code"];

export type SessionDeps = {
  /** Where it stands among the live ones (session-table.ts). */
  table: {
    get(nodeId: string): Session | undefined;
    put(session: Session): Session | undefined;
    remove(session: Session): boolean;
  };
  inbox: Inbox;
  log: Logger;
  trust: () => TrustDocument;
  freeze: () => SignedFreeze;
  /** Records the session in the database. */
  open: (
    session: Certificate & { key: string; epoch: string; agentVersion: string; bootId: string },
  ) => Promise<OpenedSession>;
  /** Whether a session's certificate has been replaced, or its node removed. */
  isOver: (session: Certificate) => Promise<boolean>;
  /** Two machines show one identity: neither is believed until somebody has decided. */
  quarantine: (nodeId: string, reason: QuarantineReason, address: string) => Promise<void>;
  onOpened: (session: Session, state: string) => void;
  onClosed: (session: Session) => void;
  /** A piece of a shell: stored in order, then acknowledged. */
  onShell?: (session: Session, message: ShellMessage) => void;
};

export type ShellMessage = Extract<AgentToGateway, { type: "shell-output" | "shell-ended" }>;

export type Session = Certificate & {
  /** CA of its certificate, sha-256 (hex). */
  ca: string;
  /** Unique; `epoch` is the agent's start that it belongs to. */
  key: string;
  epoch: string;
  /** Monotonic ms of the last frame, and its wall-clock time. */
  heardAt: number;
  readonly heardOn: Date;
  /** Frames were left with the agent: it must connect again to send them once more. */
  isShed: boolean;
  /** Its connection broke without a word of either side. */
  wasCut: boolean;
  /** Commands handed over in this session; null until the first. */
  sent: Set<string> | null;
  send: (message: GatewayToAgent) => void;
  refuse: (code: RefusalCode, message: string, retryAfterMs: number | null) => void;
  drain: (reconnectAfterMs: number) => void;
  /** Whether the other side answers a ping within `ms`. */
  answers: (ms: number) => Promise<boolean>;
  terminate: () => void;
};

/** A peer that does not read what it is sent, bytes. */
const SEND_BUFFER_MAX = 4 * FRAME_BYTES_MAX;
/** An older session of the same node must answer within this, ms, to count as alive. */
const PROBE_MS = 3_000;
const later = (ms: number): number => Math.round(ms * (0.5 + Math.random()));

/** Serves a socket whose certificate was checked, until it closes. @param socket what `ws` runs over, for frames that are made already */
export function serveSession(ws: WebSocket, socket: Duplex, peer: Peer, deps: SessionDeps): void {
  const { table, inbox, log } = deps;
  let phase: "hello" | "opening" | "open" | "closed" = "hello";
  let heardOnMs = Date.now();
  const handshake = setTimeout(
    () => session.refuse("malformed", "no hello in time", later(5_000)),
    HANDSHAKE_TIMEOUT_MS,
  );

  const session: Session = {
    nodeId: peer.nodeId,
    serial: peer.serial,
    expiresAt: peer.expiresAt,
    ca: peer.ca,
    key: randomUUID(),
    epoch: "",
    heardAt: performance.now(),
    get heardOn() {
      return new Date(heardOnMs);
    },
    isShed: false,
    wasCut: false,
    sent: null,
    send(message) {
      if (maySend()) ws.send(encode(message));
    },
    refuse(code, message, retryAfterMs) {
      if (phase === "closed") return;
      metrics.refusedSessions.inc({ code });
      log.warn({ nodeId: peer.nodeId, address: peer.address, code, reason: message }, "session refused");
      session.send({ type: "refused", code, message, retryAfterMs });
      ws.close(1008, code);
      leave();
    },
    drain(reconnectAfterMs) {
      session.send({ type: "drain", reconnectAfterMs });
      ws.close(1001, "drain");
    },
    answers(ms) {
      return new Promise((resolve) => {
        const done = (isAlive: boolean) => {
          clearTimeout(timer);
          ws.off("pong", onPong);
          resolve(isAlive);
        };
        const onPong = () => done(true);
        const timer = setTimeout(() => done(false), ms);
        if (ws.readyState !== ws.OPEN) return done(false);
        ws.once("pong", onPong);
        ws.ping();
      });
    },
    terminate: () => ws.terminate(),
  };

  function maySend(): boolean {
    if (ws.readyState !== ws.OPEN || !socket.writable) return false;
    if (ws.bufferedAmount <= SEND_BUFFER_MAX) return true;
    log.warn({ nodeId: peer.nodeId, buffered: ws.bufferedAmount }, "agent does not read, session ended");
    ws.terminate();
    return false;
  }

  const sender = {
    nodeId: peer.nodeId,
    send: session.send,
    gone: () => session.refuse("revoked", "this node was removed", null),
    poisoned: () => session.refuse("malformed", "frames that cannot be stored", later(60_000)),
  };

  function leave(): void {
    if (phase === "closed") return;
    const wasOpen = phase === "open";
    phase = "closed";
    clearTimeout(handshake);
    if (table.remove(session) && wasOpen) deps.onClosed(session);
  }

  async function greet(hello: Hello): Promise<void> {
    if (hello.v < PROTOCOL_VERSION_MIN || hello.v > PROTOCOL_VERSION) {
      return session.refuse(
        "version",
        `protocol ${hello.v}, this gateway speaks ${PROTOCOL_VERSION_MIN} to ${PROTOCOL_VERSION}`,
        later(600_000),
      );
    }
    session.epoch = hello.epoch;
    const older = table.get(peer.nodeId);
    // One whose certificate was replaced (the machine joined again) is no twin but a predecessor.
    if (older && older.epoch !== hello.epoch && (await older.answers(PROBE_MS)) && !(await deps.isOver(older)))
      return quarantine("two-sessions");
    const { nodeId, serial, expiresAt } = peer;
    const { epoch, agentVersion, bootId } = hello;
    const opened = await deps.open({ nodeId, serial, expiresAt, key: session.key, epoch, agentVersion, bootId });
    if (phase !== "opening") return; // it went away meanwhile
    if (!opened.ok) return turnAway(opened.code);
    clearTimeout(handshake);
    phase = "open";
    table.put(session)?.terminate();
    const { ackedSeq, hashes } = opened;
    session.send({
      type: "welcome",
      v: PROTOCOL_VERSION,
      at: Date.now(),
      heartbeatMs: HEARTBEAT_MS,
      ackedSeq,
      hashes,
      trust: deps.trust(),
      freeze: deps.freeze(),
    });
    log.info({ nodeId: peer.nodeId, name: opened.name, address: peer.address, agentVersion }, "session opened");
    deps.onOpened(session, opened.state);
  }

  function turnAway(code: Extract<OpenedSession, { ok: false }>["code"]): Promise<void> | void {
    if (code === "clone") return quarantine("came-back");
    if (code === "quarantined") return session.refuse(code, "this identity is quarantined", later(QUARANTINE_RETRY_MS));
    session.refuse(code, "this identity is not valid here", null);
  }

  async function quarantine(reason: QuarantineReason): Promise<void> {
    log.error({ nodeId: peer.nodeId, address: peer.address, reason }, "two machines with one identity");
    await deps.quarantine(peer.nodeId, reason, peer.address);
    for (const one of [table.get(peer.nodeId), session])
      one?.refuse(
        "quarantined",
        `two machines show this identity (${reason}): neither is trusted until somebody releases it in the console`,
        later(QUARANTINE_RETRY_MS),
      );
  }

  async function handle(message: AgentToGateway, size: number): Promise<void> {
    if (phase === "hello" && message.type === "hello") {
      phase = "opening";
      return greet(message);
    }
    if (phase !== "open" || message.type === "hello") return malformed(`${message.type} while ${phase}`);
    if (message.type === "heartbeat") return answerSoon(answering, message.at);
    if (message.type === "accepted") return inbox.accepted(sender, message.commandId);
    if (message.type === "shell-output" || message.type === "shell-ended") return deps.onShell?.(session, message);
    if (session.isShed) return; // what comes after a frame that was left there must stay there too
    if (message.type === "facts") {
      session.isShed = !inbox.facts(sender, message.batch, message.items, size);
      return;
    }
    if (inbox.waiting(peer.nodeId) >= 4 * SPOOL_WINDOW)
      return session.refuse("overload", "more frames ahead than the window allows", later(10_000));
    session.isShed = !inbox.durable(sender, { seq: message.seq, body: message.body }, size);
  }

  function malformed(reason: string): void {
    metrics.malformedFrames.inc();
    session.refuse("malformed", reason, later(30_000));
  }

  const answering: Answering = { echo: Number.NaN, outlet: () => (maySend() ? socket : null) };
  const throttle = createThrottle(performance.now());
  /** Stops reading for a while: what it sends on stays in its own socket, and nobody else waits for it. */
  let resting: NodeJS.Timeout | null = null;
  function rest(ms: number): void {
    if (resting) clearTimeout(resting);
    else metrics.throttledSessions.inc();
    ws.pause();
    resting = setTimeout(() => {
      resting = null;
      ws.resume();
    }, ms).unref();
  }

  ws.on("message", (data: RawData, isBinary: boolean) => {
    if (phase === "closed") return;
    session.heardAt = performance.now();
    heardOnMs = Date.now();
    const waitMs = throttle.spend(data instanceof Buffer ? data.byteLength : 0, session.heardAt);
    if (waitMs > 0) rest(waitMs);
    if (!isBinary || !(data instanceof Buffer)) return malformed("a text frame");
    if (phase === "open") {
      const at = heartbeatAt(data);
      if (!Number.isNaN(at)) return answerSoon(answering, at);
    }
    const decoded = decodeFromAgent(data);
    const name = decoded.ok ? decoded.message.type : "malformed";
    timed("frame", name, async () => {
      if (!decoded.ok) throw new Error(decoded.reason);
      await handle(decoded.message, data.byteLength);
    }).catch((err: unknown) => {
      const reason = err instanceof Error ? err.message : String(err);
      if (!decoded.ok) return malformed(reason);
      log.warn({ nodeId: peer.nodeId, frame: name, err: reason }, "frame failed");
      session.refuse("overload", "the gateway cannot serve this now", later(5_000));
    });
  });
  ws.on("error", (err) => log.warn({ nodeId: peer.nodeId, err: err.message }, "socket error"));
  ws.on("close", (code) => {
    session.wasCut = code === 1006; // no close frame (RFC 6455, 7.1.5)
    leave();
  });
}

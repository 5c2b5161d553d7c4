// The agent's connection to its gateway: a WebSocket over TLS 1.3 with the node's certificate. Carries out what the reducer (connection.ts)
// decides, moves facts and durable frames up, hands commands down. Opens no port; everything goes out through this.
import { randomUUID } from "node:crypto";
import { type ClientOptions, WebSocket } from "ws";
import { decodeFromGateway, encode } from "../../protocol/codec.ts";
import {
  AGENT_SOCKET_PATH,
  FRAME_BYTES_MAX,
  GATEWAY_SERVER_NAME,
  HANDSHAKE_TIMEOUT_MS,
  SPOOL_WINDOW,
} from "../../protocol/constants.ts";
import type { AgentToGateway, GatewayToAgent } from "../../protocol/messages.ts";
import type { SignedFreeze, TrustDocument } from "../../protocol/trust.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";
import type { Log } from "../host/log.ts";
import type { Spool } from "../spool/spool.ts";
import type { Own } from "../state.ts";
import { type ConnectionEvent, type ConnectionState, type Effect, initialState, step } from "./connection.ts";
import type { FactsOutbox } from "./facts-outbox.ts";

export type LinkOptions = {
  /** Read at each connection: certificates and CAs change while it runs. */
  own: Readonly<Own>;
  agentVersion: string;
  bootId: string;
  facts: FactsOutbox;
  spool: Spool;
  log: Log;
  /** The gateway's present trust document and freeze: judged before anything else of the session is. */
  onTrust: (document: TrustDocument) => void;
  onFreeze: (freeze: SignedFreeze) => void;
  onCommand: (message: GatewayToAgent & { type: "command" }) => void;
  onCollect: (message: GatewayToAgent & { type: "collect" }) => void;
  onShell?: (message: GatewayToAgent & { type: "shell-input" | "shell-ack" }) => void;
  /** The session came up, or was lost. */
  onConnection?: (isConnected: boolean) => void;
};

/** A facts batch that is not acknowledged within this is sent again, ms. */
const FACTS_ACK_MS = 15_000;
/** Changes that come together go up together, ms. */
const GATHER_MS = 150;

export class Link {
  readonly #options: LinkOptions;
  readonly #epoch = randomUUID();
  #state: ConnectionState;
  #socket: WebSocket | null = null;
  #sentSeq = 0;
  #ackedSeq = 0;
  #factsSentAt = 0;
  #flushTimer: NodeJS.Timeout | null = null;
  #ticker: NodeJS.Timeout | null = null;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#state = initialState(performance.now());
  }

  get state(): Readonly<ConnectionState> {
    return this.#state;
  }

  start(): void {
    this.#ticker = setInterval(() => this.#dispatch({ type: "tick" }), 500);
    this.#dispatch({ type: "start" });
  }

  /** Ends the session in good order; resolves when the socket is closed, after a second at the latest. */
  async stop(): Promise<void> {
    if (this.#ticker) clearInterval(this.#ticker);
    if (this.#flushTimer) clearTimeout(this.#flushTimer);
    const socket = this.#socket;
    const closed = new Promise<void>((resolve) => {
      if (!socket || socket.readyState === WebSocket.CLOSED) return resolve();
      socket.once("close", () => resolve());
      setTimeout(resolve, 1_000).unref();
    });
    this.#dispatch({ type: "stop" });
    await closed;
    socket?.terminate();
  }

  /** Facts or durable frames were added: sends them soon, together with what follows at once. */
  flushSoon(): void {
    if (this.#flushTimer || this.#state.phase !== "live") return;
    this.#flushTimer = setTimeout(() => {
      this.#flushTimer = null;
      this.#flush();
    }, GATHER_MS);
  }

  /** Tells that a command was journalled; only while the session is up, the result is what counts. */
  accepted(commandId: string): void {
    if (this.#state.phase === "live") this.#send({ type: "accepted", commandId });
  }

  /** A piece of a shell; whoever keeps it sends it again when the session is up anew. */
  shell(message: AgentToGateway & { type: "shell-output" | "shell-ended" }): void {
    if (this.#state.phase === "live") this.#send(message);
  }

  #dispatch(event: ConnectionEvent): void {
    const before = this.#state.phase;
    const { state, effects } = step(this.#state, event, performance.now(), Math.random());
    this.#state = state;
    if (before !== state.phase) this.#report(state);
    // Not at the next tick: a gateway waits less than a second for an agent whose connection broke.
    if (before !== state.phase && state.phase === "waiting")
      setTimeout(() => this.#dispatch({ type: "tick" }), Math.max(0, state.until - performance.now())).unref();
    for (const effect of effects) this.#carryOut(effect);
    if ((before === "live") !== (state.phase === "live")) this.#options.onConnection?.(state.phase === "live");
    if (state.phase === "live" && this.#factsSentAt > 0 && performance.now() - this.#factsSentAt > FACTS_ACK_MS) {
      this.#options.facts.retry();
      this.#factsSentAt = 0;
      this.flushSoon();
    }
  }

  #report(state: ConnectionState): void {
    const { log, own } = this.#options;
    if (state.phase === "live") log("info", "connected", { gateway: own.identity.gateway });
    else if (state.phase === "waiting") {
      const inMs = Math.round(state.until - performance.now());
      const isRefused = state.reason?.startsWith("refused:") ?? false;
      log(isRefused ? "error" : state.attempt > 3 ? "warn" : "info", "disconnected", {
        reason: state.reason,
        attempt: state.attempt,
        retryInMs: inMs,
      });
    }
  }

  #carryOut(effect: Effect): void {
    const { facts, spool, agentVersion, bootId, onTrust, onFreeze } = this.#options;
    switch (effect.type) {
      case "connect":
        this.#connect();
        break;
      case "hello":
        this.#send({
          type: "hello",
          v: PROTOCOL_VERSION,
          epoch: this.#epoch,
          agentVersion,
          bootId,
          at: Date.now(),
        });
        break;
      case "heartbeat":
        this.#send({ type: "heartbeat", at: Date.now(), spooled: spool.count });
        break;
      case "close":
        this.#socket?.close(1000, effect.reason.slice(0, 120));
        // A peer that does not answer the close must not keep the socket alive.
        setTimeout((socket: WebSocket | null) => socket?.terminate(), 2_000, this.#socket).unref();
        this.#socket = null;
        break;
      case "welcomed":
        facts.reset(effect.message.hashes);
        spool.acknowledge(effect.message.ackedSeq);
        this.#ackedSeq = effect.message.ackedSeq;
        this.#sentSeq = effect.message.ackedSeq;
        this.#factsSentAt = 0;
        if (effect.message.trust) onTrust(effect.message.trust);
        onFreeze(effect.message.freeze);
        this.#flush();
        break;
      case "handle":
        this.#handle(effect.message);
        break;
    }
  }

  #handle(message: GatewayToAgent): void {
    if (message.type === "ack") {
      this.#ackedSeq = Math.max(this.#ackedSeq, Math.min(message.seq, this.#sentSeq));
      this.#options.spool.acknowledge(this.#ackedSeq);
      this.#flush();
    } else if (message.type === "facts-ack") {
      if (this.#options.facts.acknowledge(message.batch)) this.#factsSentAt = 0;
      this.#flush();
    } else if (message.type === "trust") this.#options.onTrust(message.document);
    else if (message.type === "freeze") this.#options.onFreeze(message.freeze);
    else if (message.type === "command") this.#options.onCommand(message);
    else if (message.type === "collect") this.#options.onCollect(message);
    else if (message.type === "shell-input" || message.type === "shell-ack") this.#options.onShell?.(message);
  }

  #flush(): void {
    if (this.#state.phase !== "live") return;
    const { facts, spool } = this.#options;
    const room = SPOOL_WINDOW - (this.#sentSeq - this.#ackedSeq);
    if (room > 0 && spool.last > this.#sentSeq) {
      for (const { seq, body } of spool.after(this.#sentSeq, room)) {
        this.#send({ type: "durable", seq, body });
        this.#sentSeq = seq;
      }
    }
    const batch = facts.next();
    if (batch) {
      this.#send({ type: "facts", ...batch });
      this.#factsSentAt = performance.now();
    }
  }

  #send(message: AgentToGateway): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(encode(message));
  }

  #connect(): void {
    const { identity, keyPem, trust } = this.#options.own;
    const url = new URL(AGENT_SOCKET_PATH, identity.gateway);
    url.protocol = "wss:";
    // `servername` is handed through to TLS; the type of ws does not list it.
    const options: ClientOptions & { servername: string } = {
      ca: trust.cas,
      cert: identity.certificate,
      key: keyPem,
      servername: GATEWAY_SERVER_NAME,
      minVersion: "TLSv1.3",
      perMessageDeflate: false,
      maxPayload: FRAME_BYTES_MAX,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      followRedirects: false,
    };
    const socket = new WebSocket(url, options);
    this.#socket = socket;
    let reason = "connection lost";
    // Events of a socket that was given up must not reach the state of the next one.
    const ifCurrent = (event: () => ConnectionEvent) => {
      if (this.#socket === socket) this.#dispatch(event());
    };
    socket.binaryType = "nodebuffer";
    socket.on("open", () => ifCurrent(() => ({ type: "opened" })));
    socket.on("message", (data: Buffer) => {
      const decoded = decodeFromGateway(data);
      if (decoded.ok) ifCurrent(() => ({ type: "message", message: decoded.message, wall: Date.now() }));
      else this.#options.log("warn", "frame not understood, left out", { reason: decoded.reason });
    });
    socket.on("error", (err) => {
      reason = err.message;
    });
    socket.on("close", (code) => {
      ifCurrent(() => {
        this.#socket = null;
        return { type: "closed", reason: code === 1006 || code === 1000 ? reason : `${reason} (${code})` };
      });
    });
  }
}

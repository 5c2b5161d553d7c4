// One simulated agent: the real protocol over mutual TLS and WebSocket, driven from outside (generator.ts says when it beats, changes, fails).
import { randomUUID } from "node:crypto";
import { type ClientOptions, WebSocket } from "ws";
import { AWAY_MAX_MS, delayCap } from "../../agent/link/connection.ts";
import { decodeFromGateway, encode } from "../../protocol/codec.ts";
import {
  AGENT_SOCKET_PATH,
  FRAME_BYTES_MAX,
  GATEWAY_SERVER_NAME,
  HANDSHAKE_TIMEOUT_MS,
  SESSION_SILENCE_MS,
} from "../../protocol/constants.ts";
import type { AgentToGateway, DurableBody, GatewayToAgent } from "../../protocol/messages.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";
import { OutgoingDurables, OutgoingFacts } from "./outgoing.ts";
import type { Life } from "./plan.ts";
import { add } from "./spread.ts";
import type { Own } from "./templates.ts";
import { epochNow, isMeasured, type World } from "./world.ts";

/** A command takes a simulated agent this long, ms. */
const COMMAND_MS = 50;
const VERSION = "0.0.0-bench";

export type Credentials = { nodeId: string; key: string; certificate: string };

export class SimulatedAgent {
  readonly number: number;
  readonly life: Life;
  readonly own: Own;
  credentials: Credentials | null = null;
  isLive = false;
  /** Away by plan: nothing is expected of it. */
  isAway = true;
  /** Since when it has been heard first, epoch ms; absences by plan since then. */
  firstLiveAt = Number.POSITIVE_INFINITY;
  /** When this session was welcomed, epoch ms. */
  liveAt = 0;
  absences: { from: number; to: number }[] = [];

  readonly #world: World;
  readonly #url: URL;
  #socket: WebSocket | null = null;
  #epoch = randomUUID();
  #attempt = 0;
  #heardAt = 0;
  /** What the heartbeats of this session carry that are without an answer, as they were sent: the intended instants, by this agent's clock. */
  #unanswered: number[] = [];
  readonly #facts: OutgoingFacts;
  readonly #durables = new OutgoingDurables();
  #isStored = false;
  #lines = 0;

  constructor(world: World, number: number, gateway: string, life: Life, own: Own) {
    this.#world = world;
    this.number = number;
    this.#url = new URL(AGENT_SOCKET_PATH, gateway.replace("https:", "wss:"));
    this.life = life;
    this.own = own;
    this.#facts = new OutgoingFacts(world.templates);
  }

  /** The agent's own clock, epoch ms. */
  #wall(at = epochNow()): number {
    return Math.round(at + this.life.skewMs);
  }

  start(): void {
    this.isAway = false;
    this.#connect();
  }

  /** Sends the heartbeat that was meant for `intended` (epoch ms), however late it is now. */
  beat(intended: number, now: number): void {
    if (this.isAway) return;
    const at = Math.round(intended);
    const { tally } = this.#world;
    const counts = isMeasured(this.#world, at);
    if (counts) {
      tally.due += 1;
      add(tally.lateness, Math.max(0, now - intended));
    }
    if (!this.isLive) {
      if (counts) tally.missed += 1;
      return;
    }
    if (now - this.#heardAt > SESSION_SILENCE_MS + this.#world.intervalMs) {
      this.#socket?.terminate();
      return;
    }
    // The echo tells from when the time counts: it is the intended instant, by this agent's clock.
    const sent = at + this.life.skewMs;
    this.#unanswered.push(sent);
    this.#send({ type: "heartbeat", at: sent, spooled: this.#durables.count });
  }

  /** A fact of this kind is another one now. */
  change(kind: number, at: number): void {
    if (this.isAway) return;
    this.#facts.change(kind, at);
    this.#flush();
  }

  /** A line of the kernel log. */
  logKernelLine(at: number): void {
    if (this.isAway) return;
    this.#lines += 1;
    const event = { seq: this.#lines, at: this.#wall(at), level: 6, facility: 0, message: "eth0: link is up" };
    this.#durable({ type: "kernel-events", bootId: this.own.bootId, events: [event] }, at);
  }

  /** Falls silent and closes; `awayMs` null: for good. */
  leave(awayMs: number | null): void {
    const now = epochNow();
    this.isAway = true;
    this.absences.push({ from: now, to: awayMs === null ? Number.POSITIVE_INFINITY : now + awayMs });
    this.#drop();
    this.#world.tally.cutOff += this.#measured(this.#unanswered).length;
    this.#unanswered = [];
    if (awayMs === null) return;
    this.own.bootId = randomUUID();
    setTimeout(() => {
      if (this.#world.isStopping) return;
      this.#epoch = randomUUID();
      this.#attempt = 0;
      this.start();
    }, awayMs).unref();
  }

  end(): void {
    this.isAway = true;
    this.#drop();
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.isLive = false;
    socket?.terminate();
  }

  #connect(): void {
    const { credentials } = this;
    const { cas, localAddress } = this.#world;
    if (!credentials || this.isAway || this.#world.isStopping) return;
    // `servername` is handed through to TLS; the type of ws does not list it.
    const options: ClientOptions & { servername: string } = {
      ca: cas,
      cert: credentials.certificate,
      key: credentials.key,
      servername: GATEWAY_SERVER_NAME,
      minVersion: "TLSv1.3",
      perMessageDeflate: false,
      maxPayload: FRAME_BYTES_MAX,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      followRedirects: false,
      localAddress,
    };
    const socket = new WebSocket(this.#url, options);
    this.#socket = socket;
    let reason = "closed";
    socket.on("open", () => {
      if (this.#socket === socket) this.#greet();
    });
    socket.on("message", (data: Buffer) => {
      if (this.#socket === socket) this.#hear(data);
    });
    socket.on("error", (err) => {
      reason = err.message.replace(/\d{4,}/g, "…");
    });
    socket.on("close", (code) => {
      if (this.#socket === socket) this.#lost(code === 1006 ? reason : `${reason} (${code})`, 0);
    });
  }

  #greet(): void {
    const { bootId } = this.own;
    const [epoch, at] = [this.#epoch, this.#wall()];
    this.#send({ type: "hello", v: PROTOCOL_VERSION, epoch, agentVersion: VERSION, bootId, at });
  }

  #send(message: AgentToGateway): void {
    this.#socket?.send(encode(message));
  }

  /** The session or the attempt ended without a plan: again, as the protocol says. */
  #lost(reason: string, floorMs: number): void {
    const { losses } = this.#world.tally;
    losses[reason] = (losses[reason] ?? 0) + 1;
    this.#drop();
    this.#unanswered = [];
    const cap = delayCap(this.#attempt);
    this.#attempt += 1;
    setTimeout(() => this.#connect(), floorMs + cap / 10 + Math.random() * cap * 0.9).unref();
  }

  #hear(data: Buffer): void {
    const decoded = decodeFromGateway(data);
    if (!decoded.ok) throw new Error(`the gateway said what no agent understands: ${decoded.reason}`);
    const { message } = decoded;
    this.#heardAt = epochNow();
    switch (message.type) {
      case "pulse":
        this.#pulse(message.echo);
        break;
      case "welcome":
        this.#welcome(message);
        break;
      case "facts-ack":
        this.#factsStored(message.batch);
        break;
      case "ack":
        this.#durablesStored(message.seq);
        break;
      case "command":
        this.#answer(message.command.payload);
        break;
      case "collect":
        this.#facts.ask(message.kinds, this.#heardAt);
        this.#flush();
        break;
      case "drain":
        this.#lost("drained", message.reconnectAfterMs);
        break;
      case "refused":
        this.#lost(`refused: ${message.code}`, Math.min(message.retryAfterMs ?? AWAY_MAX_MS, AWAY_MAX_MS));
        break;
      case "trust":
      case "freeze":
        break; // nothing here acts, and nobody rotates keys in a bench
    }
  }

  /** The intended instants, epoch ms, of those of these heartbeats that are measured. */
  #measured(sent: readonly number[]): number[] {
    return sent.map((at) => Math.round(at - this.life.skewMs)).filter((at) => isMeasured(this.#world, at));
  }

  /** Of heartbeats that arrive together only the last is answered: that stands for those before it. */
  #pulse(echo: number): void {
    const { tally } = this.#world;
    for (const intended of this.#measured(this.#unanswered.splice(0, this.#unanswered.lastIndexOf(echo) + 1))) {
      tally.answered += 1;
      add(tally.beats, Math.max(0, this.#heardAt - intended));
    }
  }

  #welcome({ ackedSeq, hashes }: GatewayToAgent & { type: "welcome" }): void {
    this.isLive = true;
    this.#attempt = 0;
    this.liveAt = this.#heardAt;
    this.firstLiveAt = Math.min(this.firstLiveAt, this.#heardAt);
    this.#durablesStored(ackedSeq);
    this.#facts.reset(hashes, this.own, this.#heardAt);
    for (const frame of this.#durables.all()) this.#send(frame);
    this.#flush();
    this.#storedAll();
  }

  #flush(): void {
    const next = this.isLive ? this.#facts.next(this.own, this.#wall()) : null;
    if (!next) return;
    if (isMeasured(this.#world, next.sent.since)) this.#world.tally.factsSent += next.sent.count;
    this.#send(next.frame);
  }

  #factsStored(batch: number): void {
    const sent = this.#facts.stored(batch);
    if (!sent) return;
    if (isMeasured(this.#world, sent.since)) {
      this.#world.tally.factsAcked += sent.count;
      add(this.#world.tally.facts, this.#heardAt - sent.since);
    }
    this.#flush();
    this.#storedAll();
  }

  #storedAll(): void {
    if (this.#isStored || !this.#facts.isDone) return;
    this.#isStored = true;
    this.#world.onStored();
  }

  #durable(body: DurableBody, since: number): void {
    const frame = this.#durables.add(body, since);
    if (isMeasured(this.#world, since)) this.#world.tally.durableSent += 1;
    if (this.isLive) this.#send(frame);
  }

  #durablesStored(seq: number): void {
    for (const since of this.#durables.stored(seq)) {
      if (!isMeasured(this.#world, since)) continue;
      this.#world.tally.durableAcked += 1;
      add(this.#world.tally.durables, this.#heardAt - since);
    }
  }

  /** Journals nothing and does nothing, but answers as an agent would that did it. */
  #answer(payload: Uint8Array): void {
    const { id } = JSON.parse(Buffer.from(payload).toString("utf8")) as { id: string };
    this.#world.tally.commands += 1;
    this.#send({ type: "accepted", commandId: id });
    const startedAt = this.#wall();
    setTimeout(() => {
      if (this.isAway) return;
      const result = { commandId: id, status: "done", code: null, message: "simulated", changed: false } as const;
      this.#durable(
        { type: "result", result: { ...result, output: {}, startedAt, endedAt: this.#wall() } },
        epochNow(),
      );
    }, COMMAND_MS).unref();
  }
}

// Keeps the open shells of this node: opens on a signed command, carries keys in and output up, and ends each at its deadline whatever the connection does.
import type { CommandParams } from "../../protocol/commands.ts";
import { SHELL_LOST_MS, SHELL_PIECE_BYTES_MAX, SHELL_WINDOW_BYTES } from "../../protocol/constants.ts";
import type { AgentToGateway, GatewayToAgent, ShellEnd } from "../../protocol/messages.ts";
import { Failure, messageOf, Refusal } from "../host/errors.ts";
import type { Log } from "../host/log.ts";
import { type Fence, raiseFence, standingFences } from "./fence.ts";
import { Terminal } from "./terminal.ts";

/** On one node at once. */
const SHELLS_MAX = 4;
/** Ended shells whose last words nobody has stored yet. */
const ENDED_MAX = 16;
const SIZE = { cols: 80, rows: 24 };
const SIZE_TEXT = /^([1-9]\d{0,2})x([1-9]\d{0,2})$/;

type Piece = Extract<AgentToGateway, { type: "shell-output" | "shell-ended" }>;
type Input = Extract<GatewayToAgent, { type: "shell-input" }>;

export type KeeperOptions = {
  nodeId: string;
  /** The node's own say (agent.json); without it no shell opens here. */
  isAllowed: boolean;
  /** Sends while connected; what does not arrive is sent again from here. */
  send: (message: Piece) => void;
  log: Log;
  /** Shell killed so long after the connection was lost, ms. */
  lostMs?: number;
};

type Shell = {
  id: string;
  fence: Fence;
  terminal: Terminal | null;
  openedAt: number;
  maxBytes: number;
  bytes: number;
  seq: number;
  lastInput: number;
  /** Not stored by the gateway yet, oldest first. */
  pending: Piece[];
  pendingBytes: number;
  deadline: NodeJS.Timeout | null;
  isEnded: boolean;
};

export class ShellKeeper {
  readonly #options: KeeperOptions;
  readonly #shells = new Map<string, Shell>();
  #lost: NodeJS.Timeout | null = null;
  #isConnected = true;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Shells that run now. */
  get open(): number {
    return [...this.#shells.values()].filter(({ isEnded }) => !isEnded).length;
  }

  /** What an agent before this one left behind ends now. */
  async recover(): Promise<void> {
    for (const fence of await standingFences(this.#options.nodeId)) {
      const left = await fence.end(0);
      this.#options.log("warn", "a shell of the agent before was ended", { mark: fence.mark, left: left.length });
    }
  }

  /** @throws Refusal when the node does not allow it, Failure when it does not start */
  async start(params: Omit<Required<CommandParams<"shell.open">>, "containerId">): Promise<void> {
    const { shellId: id, process: target, namespaces, seconds, maxBytes } = params;
    if (!this.#options.isAllowed)
      throw new Refusal("shells-off", "this node's own configuration does not allow shells (shells.allow)");
    if (this.#shells.has(id)) throw new Refusal("known", "this shell was opened before");
    if (this.open >= SHELLS_MAX) throw new Refusal("too-many", `${SHELLS_MAX} shells are open on this node`);
    if (!this.#isConnected)
      throw new Refusal("not-connected", "nobody could see what it prints while the gateway is away");
    const fence = raiseFence(this.#options.nodeId, id);
    const opened = {
      ...{ id, fence, maxBytes, terminal: null, openedAt: performance.now(), bytes: 0, seq: 0, lastInput: 0 },
      ...{ pending: [], pendingBytes: 0, deadline: null, isEnded: false },
    } satisfies Shell as Shell; // typed here: no field is missing above
    this.#forgetOld();
    this.#shells.set(id, opened);
    opened.deadline = setTimeout(() => void this.#end(opened, "deadline", null), seconds * 1_000);
    try {
      const terminal = new Terminal(fence, { pid: target?.pid ?? null, namespaces }, (data) =>
        this.#take(opened, data),
      );
      opened.terminal = terminal;
      await terminal.ready(SIZE.cols, SIZE.rows);
      void terminal.ended.then((code) => this.#end(opened, "exit", code));
    } catch (err) {
      await this.#end(opened, "failed", null);
      throw err instanceof Failure ? err : new Failure("no-shell", messageOf(err), false);
    }
  }

  /** Keys, size or the wish to end; one that came before is left out. */
  input({ shellId, seq, kind, data }: Input): void {
    const held = this.#shells.get(shellId);
    if (!held || held.isEnded || seq <= held.lastInput) return;
    held.lastInput = seq;
    const text = () => Buffer.from(data).toString("utf8");
    if (kind === "i") held.terminal?.write(data);
    else if (kind === "x") void this.#end(held, text() === "stopped" ? "stopped" : "closed", null);
    else {
      const [, cols, rows] = SIZE_TEXT.exec(text()) ?? [];
      if (cols && rows) void held.terminal?.resize(Number(cols), Number(rows));
    }
  }

  /** The gateway has stored everything up to `seq`. */
  acknowledge({ shellId, seq }: { shellId: string; seq: number }): void {
    const held = this.#shells.get(shellId);
    if (!held) return;
    held.pending = held.pending.filter((piece) => piece.seq > seq);
    held.pendingBytes = held.pending.reduce((sum, one) => sum + (one.type === "shell-output" ? one.data.length : 0), 0);
    if (held.pendingBytes < SHELL_WINDOW_BYTES) held.terminal?.resume();
    if (held.isEnded && held.pending.length === 0) this.#shells.delete(shellId);
  }

  /** Connected again: everything that is not known to be stored goes up once more. Lost: shells live on for half a minute. */
  connection(isConnected: boolean): void {
    if (isConnected === this.#isConnected) return;
    this.#isConnected = isConnected;
    if (this.#lost) clearTimeout(this.#lost);
    this.#lost = isConnected
      ? null
      : setTimeout(() => void this.endAll("lost"), this.#options.lostMs ?? SHELL_LOST_MS).unref();
    if (isConnected)
      for (const { pending } of this.#shells.values()) for (const piece of pending) this.#options.send(piece);
  }

  /** Ends every open shell and waits until nothing of them is left. */
  async endAll(reason: ShellEnd): Promise<void> {
    await Promise.all([...this.#shells.values()].map((held) => this.#end(held, reason, null)));
  }

  #take(held: Shell, data: Buffer): void {
    if (held.isEnded) return;
    const room = held.maxBytes - held.bytes;
    const kept = data.subarray(0, room);
    held.bytes += kept.length;
    for (let at = 0; at < kept.length; at += SHELL_PIECE_BYTES_MAX) {
      const piece = new Uint8Array(kept.subarray(at, at + SHELL_PIECE_BYTES_MAX));
      held.pendingBytes += piece.length;
      this.#say(held, { type: "shell-output", ...this.#stamp(held), data: piece });
    }
    if (held.pendingBytes >= SHELL_WINDOW_BYTES) held.terminal?.pause();
    if (data.length > room) void this.#end(held, "limit", null);
  }

  async #end(held: Shell, reason: ShellEnd, exitCode: number | null): Promise<void> {
    if (held.isEnded) return;
    held.isEnded = true;
    if (held.deadline) clearTimeout(held.deadline);
    held.terminal?.resume();
    const left = await held.fence.end().catch((err: unknown) => {
      this.#options.log("error", "a shell could not be ended", { shellId: held.id, error: messageOf(err) });
      return [];
    });
    this.#options.log(left.length > 0 ? "error" : "info", "shell ended", {
      shellId: held.id,
      reason,
      left: left.length,
    });
    this.#say(held, { type: "shell-ended", ...this.#stamp(held), reason, exitCode, left: left.length });
  }

  #stamp(held: Shell): { shellId: string; seq: number; atMs: number } {
    held.seq += 1;
    return { shellId: held.id, seq: held.seq, atMs: Math.round(performance.now() - held.openedAt) };
  }

  #say(held: Shell, piece: Piece): void {
    held.pending.push(piece);
    if (this.#isConnected) this.#options.send(piece);
  }

  #forgetOld(): void {
    const ended = [...this.#shells.values()].filter(({ isEnded }) => isEnded);
    for (const { id } of ended.slice(0, Math.max(0, ended.length - ENDED_MAX))) this.#shells.delete(id);
  }
}

// Takes commands in and sees each through: verify → journal → policy → carry out → journal → report. One at a time, each at most once.
import type { CommandPayload, CommandResult, SignedCommand } from "../../protocol/commands.ts";
import { commandParams } from "../../protocol/commands.ts";
import { OUTPUT_BYTES_MAX } from "../../protocol/constants.ts";
import type { FactKind } from "../../protocol/facts.ts";
import type { DurableBody } from "../../protocol/messages.ts";
import { cniFolders } from "../collectors/cni.ts";
import type { CollectorContext } from "../collectors/define.ts";
import { Failure, messageOf, Refusal } from "../host/errors.ts";
import type { Log } from "../host/log.ts";
import { DeadlineError, within } from "../host/wait.ts";
import type { ShellKeeper } from "../shell/keeper.ts";
import type { Command } from "./define.ts";
import { commands } from "./index.ts";
import { type Entry, Journal } from "./journal.ts";
import { forbids } from "./policy.ts";
import { admit, authenticate, judgedNow } from "./verify.ts";

export type DeskOptions = {
  nodeId: string;
  journalFolder: string;
  keys: () => Readonly<Record<string, string>>;
  context: CollectorContext;
  log: Log;
  shells?: ShellKeeper;
  /** The spool has no room left for a result. */
  isCrowded: () => boolean;
  collect: (kinds: readonly FactKind[]) => Promise<void>;
  accepted: (commandId: string) => void;
  /** The fleet is frozen: nothing more is begun. What runs is not broken off, half an act is worse than a whole one. */
  isFrozen?: () => boolean;
  /** Stores a durable frame. @throws when it could not be stored */
  report: (body: DurableBody) => void;
  /** For tests: other implementations. */
  table?: { [type: string]: Command };
};

export class CommandDesk {
  readonly #options: DeskOptions;
  readonly #journal: Journal;
  #queue: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#journal = new Journal(options.journalFolder);
  }

  /**
   * After a start: a command that was begun and not ended has an unknown outcome and is never run again; one that was only accepted is carried
   * out now; results that did not reach the spool are put there.
   */
  recover(): void {
    for (const entry of this.#journal.all()) {
      if (entry.result) {
        if (!entry.reported) this.#deliver(entry.result);
      } else if (entry.startedAt !== null) {
        this.#finish(entry, {
          status: "unknown",
          code: "agent-restarted",
          message: "the agent ended while the command ran; it is not run again",
          changed: true,
          output: {},
        });
      } else this.#enqueue(entry);
    }
  }

  /** A command from the gateway. Never throws. */
  receive(command: SignedCommand): void {
    const { keys, nodeId, context, log, isCrowded, accepted } = this.#options;
    const genuine = authenticate(command, keys(), nodeId);
    if (!genuine.ok) {
      log("error", "command rejected", { code: genuine.code, reason: genuine.message, commandId: genuine.commandId });
      // Only what a known key has signed may be answered as a command.
      if (genuine.commandId && !this.#journal.get(genuine.commandId))
        this.#refuse(genuine.commandId, genuine.code, genuine.message);
      return;
    }
    const { payload } = genuine;
    const known = this.#journal.get(payload.id);
    if (known) {
      this.#repeat(known);
      return;
    }
    const now = judgedNow(Date.now(), context.clockOffsetMs());
    const admitted =
      this.#stopping || isCrowded()
        ? { ok: false as const, code: "busy", message: "the agent cannot take a command now" }
        : admit(payload, this.#journal, now);
    if (!admitted.ok) {
      log("warn", "command refused", { commandId: payload.id, type: payload.action.type, code: admitted.code });
      this.#refuse(payload.id, admitted.code, admitted.message);
      return;
    }
    try {
      this.#journal.accepted(payload);
    } catch (err) {
      this.#refuse(payload.id, "no-journal", `the command could not be journalled: ${messageOf(err)}`);
      return;
    }
    log("info", "command accepted", {
      commandId: payload.id,
      type: payload.action.type,
      generation: payload.generation,
    });
    accepted(payload.id);
    const entry = this.#journal.get(payload.id);
    if (entry) this.#enqueue(entry);
  }

  /** Results that could not be stored before are tried again. */
  retryReports(): void {
    for (const entry of this.#journal.all()) if (entry.result && !entry.reported) this.#deliver(entry.result);
  }

  /** Waits for the running command, ten seconds at most; what is still queued is carried out after the next start. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await within("running command", 10_000, this.#queue).catch(() => undefined); // its outcome will be "unknown"
    this.#journal.close();
  }

  #repeat(entry: Entry): void {
    if (entry.result) this.#deliver(entry.result);
    else this.#options.accepted(entry.payload.id);
  }

  #refuse(commandId: string, code: string, message: string): void {
    const now = Date.now();
    const result: CommandResult = {
      commandId,
      status: "refused",
      code,
      message,
      changed: false,
      output: {},
      startedAt: now,
      endedAt: now,
    };
    this.#store({ type: "result", result });
  }

  #enqueue(entry: Entry): void {
    this.#queue = this.#queue
      .then(() => (this.#stopping ? undefined : this.#carryOut(entry)))
      .catch((err) => {
        this.#options.log("error", "command desk", { error: messageOf(err) });
      });
  }

  async #carryOut(entry: Entry): Promise<void> {
    const { payload } = entry;
    const { context, log, collect } = this.#options;
    const command = (this.#options.table ?? commands)[payload.action.type] as Command | undefined;
    const stop = this.#reasonNotTo(payload);
    if (stop || !command) {
      const { code, message } = stop ?? {
        code: "not-implemented",
        message: `${payload.action.type} is not known to this agent`,
      };
      return this.#finish(entry, { status: "refused", code, message, changed: false, output: {} });
    }
    this.#journal.started(payload.id, Date.now());
    const outcome = await this.#attempt(command, payload);
    this.#finish(entry, outcome);
    log("info", "command ended", {
      commandId: payload.id,
      type: payload.action.type,
      status: outcome.status,
      code: outcome.code,
    });
    if (!this.#stopping) {
      context.runtimes.forget();
      await within("facts after command", 30_000, collect(command.affects)).catch(() => undefined); // their own clocks will look again
    }
  }

  /** Freshness is checked again at the moment of acting: a queue may have taken long. */
  #reasonNotTo(payload: CommandPayload): { code: string; message: string } | null {
    if (this.#options.isFrozen?.()) return { code: "frozen", message: "the fleet is frozen: nothing is begun" };
    const now = judgedNow(Date.now(), this.#options.context.clockOffsetMs());
    const past = { generation: this.#journal.generation, nonces: { has: () => false } };
    const admitted = admit(payload, past, now);
    if (!admitted.ok) return admitted;
    const { config, runtimes } = this.#options.context;
    const forbidden = forbids(config, payload.action, {
      cniFolder: cniFolders({ runtimes }).confDir,
      runtimesOf: (module) =>
        runtimes
          .all()
          .map(({ runtime }) => runtime.spec)
          .filter((spec) => spec.module === module)
          .map(({ id }) => id),
    });
    return forbidden === null ? null : { code: "policy", message: forbidden };
  }

  async #attempt(command: Command, payload: CommandPayload): Promise<Outcome> {
    const { context, log, collect, shells } = this.#options;
    const progress = (message: string) =>
      this.#store({ type: "progress", commandId: payload.id, at: Date.now(), message });
    try {
      const params = commandParams[payload.action.type].parse(payload.action.params);
      const ctx = { ...context, log, progress, collect, ...(shells ? { shells } : {}) };
      const done = await within(command.type, command.timeoutMs, command.run(params as never, ctx)); // parsed by the schema of its type
      return { status: "done", code: null, message: done.message, changed: done.changed, output: done.output ?? {} };
    } catch (err) {
      if (err instanceof Refusal)
        return { status: "refused", code: err.code, message: err.message, changed: false, output: {} };
      if (err instanceof Failure)
        return { status: "failed", code: err.code, message: err.message, changed: err.changed, output: {} };
      if (err instanceof DeadlineError)
        return { status: "unknown", code: "timeout", message: err.message, changed: true, output: {} };
      return { status: "failed", code: "error", message: messageOf(err), changed: true, output: {} };
    }
  }

  #finish(entry: Entry, outcome: Outcome): void {
    const { payload, startedAt } = entry;
    const endedAt = Date.now();
    const result: CommandResult = {
      commandId: payload.id,
      ...outcome,
      output: boundOutput(outcome.output),
      startedAt: startedAt ?? endedAt,
      endedAt,
    };
    this.#journal.finished(result);
    this.#deliver(result);
  }

  #deliver(result: CommandResult): void {
    if (this.#store({ type: "result", result })) this.#journal.reported(result.commandId);
  }

  #store(body: DurableBody): boolean {
    try {
      this.#options.report(body);
      return true;
    } catch (err) {
      this.#options.log("error", "a frame could not be stored", { type: body.type, error: messageOf(err) });
      return false;
    }
  }
}

type Outcome = Pick<CommandResult, "status" | "code" | "message" | "changed" | "output">;

/** Output that is too large is left out rather than cut in the middle of its structure; commands bound their own texts. */
export function boundOutput(output: Record<string, unknown>): Record<string, unknown> {
  const bytes = JSON.stringify(output).length;
  return bytes <= OUTPUT_BYTES_MAX ? output : { truncated: true, bytes };
}

// What a command's implementation is given and gives back.
import type { z } from "zod";
import type { CommandType, commandParams } from "../../protocol/commands.ts";
import type { FactKind } from "../../protocol/facts.ts";
import type { CollectorContext } from "../collectors/define.ts";
import type { Log } from "../host/log.ts";
import type { ShellKeeper } from "../shell/keeper.ts";

export type CommandContext = CollectorContext & {
  log: Log;
  /** Absent where nothing keeps shells (a single command, a test). */
  shells?: ShellKeeper;
  /** Tells the console what is going on; durable, so sparingly. */
  progress: (message: string) => void;
  /** Looks anew at these kinds and waits for it. */
  collect: (kinds: readonly FactKind[]) => Promise<void>;
};

/** A success: what was done, in one sentence. */
export type Done = { message: string; changed: boolean; output?: Record<string, unknown> };

export type Command<T extends CommandType = CommandType> = {
  type: T;
  /** Facts that are other afterwards: looked at again at once. */
  affects: readonly FactKind[];
  /** The whole command is given up after this, ms; its outcome is then unknown. */
  timeoutMs: number;
  /** @throws Refusal when the target is not what it should be (nothing was touched), Failure when it did not work */
  run: (params: z.output<(typeof commandParams)[T]>, ctx: CommandContext) => Promise<Done>;
};

/** Keeps the literal type. */
export const defineCommand = <const T extends CommandType>(command: Command<T>): Command<T> => command;

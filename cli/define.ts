// Ties a command's options to the module that runs it, which loads only then (so that `./nodeops status` stays quick).
import { type Command, InvalidArgumentError } from "commander";

/** Options every command has. */
export type CommonOptions = { data?: string; json?: boolean };

/** What a command module exports: gets positional arguments and options, returns the exit code (nothing: 0). */
// biome-ignore lint/suspicious/noConfusingVoidType: most commands end without a verdict
export type Run<Options> = (args: string[], options: Options & CommonOptions) => Promise<number | void>;

/** Gives a command `--data` and `--json` of its own (so they work on both sides of its name) and its action. */
export function runs<Options>(command: Command, load: () => Promise<Run<Options>>): Command {
  return command
    .option("--data <dir>", "data folder")
    .option("--json", "machine-readable output")
    .action(async (...all: unknown[]) => {
      const positional = all
        .slice(0, -2)
        .flat()
        .filter((value) => value !== undefined);
      const run = await load();
      process.exitCode = (await run(positional.map(String), command.optsWithGlobals())) ?? 0;
    });
}

/** A whole number between `min` and `max`, or commander's usage error. */
export const wholeNumber = (min: number, max: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max)
    throw new InvalidArgumentError(`a whole number from ${min} to ${max}`);
  return value;
};

/** A point in time, or commander's usage error. */
export const time = (text: string): Date => {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new InvalidArgumentError("a time such as 2026-01-31T08:00Z");
  return at;
};

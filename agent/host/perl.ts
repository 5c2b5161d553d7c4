// System calls that Node.js has not (netlink sockets, setns, open_tree) through perl, which every Debian and Ubuntu has (perl-base is essential)
// and most others do. Scripts are constants of this agent; parameters are arguments, never part of the script.
import { type RunOptions, type RunResult, run } from "./run.ts";

/** Is there a perl? */
export const hasPerl = async (): Promise<boolean> => (await run(["perl", "-e", "1"], { timeoutMs: 5_000 })).code === 0;

/** Runs a script with arguments. */
export const perl = (script: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
  run(["perl", "-e", script, "--", ...args], options);

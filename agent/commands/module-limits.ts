// Command module.limits: gives a module's running process more open files (prlimit). Never fewer; its configuration still holds the old limit.
import { Failure, Refusal } from "../host/errors.ts";
import { fileOf } from "../host/proc.ts";
import { run } from "../host/run.ts";
import { findProcess } from "../modules/watch.ts";
import { type CommandContext, defineCommand } from "./define.ts";
import { provenProcess } from "./prove.ts";

export type Limit = { soft: number; hard: number };

/** "Max open files" of /proc/PID/limits; "unlimited" is Infinity. */
export function openFilesLimit(limits: string | null): Limit | null {
  const match = /^Max open files\s+(\S+)\s+(\S+)/m.exec(limits ?? "");
  const number = (text: string | undefined): number => (text === "unlimited" ? Number.POSITIVE_INFINITY : Number(text));
  return match ? { soft: number(match[1]), hard: number(match[2]) } : null;
}

const limitOf = (pid: number): Limit | null => openFilesLimit(fileOf(pid, "limits"));

/** Infinity has no place in JSON. */
const shown = ({ soft, hard }: Limit) => ({ soft: finite(soft), hard: finite(hard) });
const finite = (value: number): number | string => (Number.isFinite(value) ? value : "unlimited");

function provenMain(ctx: CommandContext, module: string, ref: { pid: number; startTicks: number }): void {
  provenProcess(ref);
  const table = ctx.table.read(0);
  const spec = ctx.modules.specs(table).find((s) => s.name === module);
  if (!spec) throw new Refusal("no-such-module", `module ${module} is not known on this node`);
  const main = findProcess(spec, table);
  if (main?.pid !== ref.pid || main.startTicks !== ref.startTicks)
    throw new Refusal("target-changed", `process ${ref.pid} is not the main process of ${module}`);
}

export const moduleLimits = defineCommand({
  type: "module.limits",
  affects: ["modules", "runtimes"],
  timeoutMs: 15_000,
  async run({ module, process: ref, openFiles }, ctx) {
    provenMain(ctx, module, ref);
    const before = limitOf(ref.pid);
    if (!before) throw new Refusal("target-gone", `process ${ref.pid} has ended`);
    if (before.soft >= openFiles)
      return {
        message: `${module} may have ${finite(before.soft)} files open already`,
        changed: false,
        output: { before: shown(before), after: shown(before) },
      };
    const hard = finite(Math.max(before.hard, openFiles));
    const argv = ["prlimit", "--pid", String(ref.pid), `--nofile=${openFiles}:${hard}`];
    const result = await run(argv, { timeoutMs: 5_000 });
    const after = limitOf(ref.pid);
    if (result.code !== 0 || !after || after.soft < openFiles) {
      const why = result.stderr.trim() || `the limit is ${after?.soft}`;
      const changed = after !== null && after.soft !== before.soft;
      if (!changed && /not permitted/i.test(why))
        throw new Refusal("not-permitted", `${module} may have ${finite(before.hard)} at the most: ${why}`);
      throw new Failure("not-set", why, changed);
    }
    return {
      message: `${module} may have ${after.soft} files open, before ${before.soft}`,
      changed: true,
      output: { before: shown(before), after: shown(after) },
    };
  },
});

// Command process.resume: lets a stopped process go on. Only main processes of modules and runtimes' shims: what else is stopped may be meant to be.
import { isShim, parseShim, shimOwner, speaksFor } from "../collectors/processes.ts";
import { Failure, Refusal } from "../host/errors.ts";
import { argvOf, statOf } from "../host/proc.ts";
import { until } from "../host/wait.ts";
import { findProcess } from "../modules/watch.ts";
import { type CommandContext, defineCommand } from "./define.ts";
import { provenProcess, signal } from "./prove.ts";
import { mayChangeRuntime } from "./prove-container.ts";

type Ref = { pid: number; startTicks: number };

/** A shim is its runtime's. @throws Refusal when the node's policy keeps that runtime as it is, or names runtimes and none speaks for the shim */
function mayResumeShim(ctx: CommandContext, argv: readonly string[]): void {
  const speakers = ctx.runtimes.all().filter((watched) => speaksFor(watched, shimOwner(argv)));
  for (const { runtime } of speakers) mayChangeRuntime(ctx, runtime.spec.id);
  if (speakers.length === 0 && ctx.config.policy.runtimes)
    throw new Refusal("policy", "no runtime that may be changed on this node speaks for this shim");
}

/** What the process is to this node. @throws Refusal when it is nothing that may be resumed */
async function roleOf(ctx: CommandContext, ref: Ref): Promise<string> {
  const table = ctx.table.read(0);
  if (!table.byPid.has(ref.pid) || !table.isLocal(ref.pid))
    throw new Refusal("not-ours", `process ${ref.pid} belongs to another node's namespace`);
  for (const spec of ctx.modules.specs(table)) {
    const main = findProcess(spec, table);
    if (main?.pid !== ref.pid || main.startTicks !== ref.startTicks) continue;
    for (const { runtime } of ctx.runtimes.all())
      if (runtime.spec.module === spec.name) mayChangeRuntime(ctx, runtime.spec.id);
    return spec.name;
  }
  const argv = isShim(table.byPid.get(ref.pid)?.name ?? "") ? await argvOf(ref.pid) : [];
  const shim = parseShim(argv);
  if (!shim) throw new Refusal("not-a-module", `process ${ref.pid} is neither a module's main process nor a shim`);
  mayResumeShim(ctx, argv);
  return `the shim of ${shim.containerId.slice(0, 12)}`;
}

export const processResume = defineCommand({
  type: "process.resume",
  affects: ["processes", "modules", "runtimes", "lxcfs", "containers"],
  timeoutMs: 20_000,
  async run({ process: ref }, ctx) {
    const before = provenProcess(ref).state;
    const what = await roleOf(ctx, ref);
    if (before === "t") throw new Refusal("traced", `a debugger holds ${what} (${ref.pid})`);
    if (before !== "T") throw new Refusal("not-stopped", `${what} (${ref.pid}) is not stopped: state ${before}`);
    if (!signal(ref, "SIGCONT")) throw new Refusal("target-gone", `process ${ref.pid} has ended`);
    const after = await until(5_000, 100, () => {
      const state = statOf(ref.pid)?.state ?? "X";
      return state === "T" ? null : state;
    });
    if (after === null) throw new Failure("still-stopped", `${what} (${ref.pid}) is still stopped`, false);
    return { message: `${what} (${ref.pid}) goes on`, changed: true, output: { before, after } };
  },
});

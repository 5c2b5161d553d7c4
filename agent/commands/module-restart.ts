// Command module.restart: starts a module, restarts it, or kills exactly the hung process that the plan names and starts it anew. Ends when it answers.
import type { ProcessRef } from "../../protocol/facts.ts";
import { Failure, Refusal } from "../host/errors.ts";
import { isLive } from "../host/proc.ts";
import { until } from "../host/wait.ts";
import { startModule, stopModule } from "../modules/manager.ts";
import type { ModuleSpec } from "../modules/specs.ts";
import { findProcess, type ModuleFact, mayRestart } from "../modules/watch.ts";
import { type CommandContext, defineCommand } from "./define.ts";
import { provenProcess, signal } from "./prove.ts";

/** Time for a process to end after SIGTERM, and after SIGKILL. */
const TERM_MS = 20_000;
const KILL_MS = 10_000;

/** The module by name, with a manager that may be used. @throws Refusal otherwise */
export function managedModule(
  ctx: CommandContext,
  name: string,
): ModuleSpec & { manager: NonNullable<ModuleSpec["manager"]> } {
  const spec = ctx.modules.specs(ctx.table.read(0)).find((s) => s.name === name);
  if (!spec) throw new Refusal("no-such-module", `module ${name} is not known on this node`);
  if (!spec.manager || !mayRestart(ctx.config))
    throw new Refusal("not-restartable", `this node does not say how ${name} may be started`);
  return { ...spec, manager: spec.manager };
}

const liveProcess = (ctx: CommandContext, spec: ModuleSpec) => {
  const process = findProcess(spec, ctx.table.read(0));
  return process && process.state !== "Z" && process.state !== "X" ? process : null;
};

const factOf = (ctx: CommandContext, name: string): ModuleFact | null =>
  ctx.modules.look(ctx.table.read(0), ctx.agentVersion).find((m) => m.name === name) ?? null;

const ended = (ref: ProcessRef, ms: number) => until(ms, 50, () => (isLive(ref) ? null : true));

/** Waits until the module runs and, where it is a runtime, answers. */
export async function waitReady(ctx: CommandContext, spec: ModuleSpec, ms: number): Promise<ModuleFact | null> {
  const watched = ctx.runtimes.all().filter((w) => w.runtime.spec.module === spec.name);
  return until(ms, 250, async () => {
    if (!liveProcess(ctx, spec)) return null;
    for (const w of watched) await ctx.runtimes.probe(w);
    if (watched.some((w) => !w.probe.ok)) return null;
    return factOf(ctx, spec.name);
  });
}

export const moduleRestart = defineCommand({
  type: "module.restart",
  affects: ["runtimes", "modules", "containers", "pods", "cni", "lxcfs", "processes"],
  timeoutMs: 300_000,
  async run({ module, mode, process: ref, readyTimeoutMs }, ctx) {
    const spec = managedModule(ctx, module);
    const before = liveProcess(ctx, spec);
    if (mode === "start" && before) throw new Refusal("already-running", `${module} runs as ${before.pid}`);
    // Absent: neither meant to run here nor seen running. That it is off is then somebody's choice.
    if (!before && factOf(ctx, module)?.state === "absent")
      throw new Refusal("not-wanted", `${module} is not meant to run on this node`);
    if (mode === "restart" && ref && before && (before.pid !== ref.pid || before.startTicks !== ref.startTicks)) {
      throw new Refusal("target-changed", `${module} runs as ${before.pid} now, not ${ref.pid}`);
    }
    if (mode === "restart" && before) await end(spec, before);
    if (mode === "kill-restart") {
      if (!ref) throw new Refusal("no-process", "kill-restart needs the process to kill");
      const stat = provenProcess(ref);
      if (!before || stat.pid !== before.pid)
        throw new Refusal("target-changed", `process ${ref.pid} is not the main process of ${module}`);
      signal(ref, "SIGKILL");
      if (!(await ended(ref, KILL_MS)))
        throw new Failure("still-alive", `process ${ref.pid} did not end after SIGKILL`, true);
      ctx.progress(`process ${ref.pid} of ${module} killed`);
    }
    // A manager such as systemd may have brought it back by itself in the meantime.
    if (!liveProcess(ctx, spec)) await startModule(spec.manager, module);
    const ready = await waitReady(ctx, spec, readyTimeoutMs);
    if (!ready)
      throw new Failure(
        "not-ready",
        `${module} was started but does not answer after ${readyTimeoutMs / 1_000} s`,
        true,
      );
    return {
      message: `${module} runs${ready.process ? ` as ${ready.process.pid}` : ""}${ready.version ? `, version ${ready.version}` : ""}`,
      changed: true,
      output: { before: before ? { pid: before.pid, state: before.state } : null, process: ready.process },
    };
  },
});

async function end(
  spec: ModuleSpec & { manager: NonNullable<ModuleSpec["manager"]> },
  process: ProcessRef,
): Promise<void> {
  if ((await stopModule(spec.manager)) === "signal") signal(process, "SIGTERM");
  if (!(await ended(process, TERM_MS)))
    throw new Failure("still-alive", `${spec.name} did not end within ${TERM_MS / 1_000} s`, true);
}

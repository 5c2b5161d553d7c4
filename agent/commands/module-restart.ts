// Command module.restart: starts a module, restarts it, or kills exactly the hung process that the plan names and starts it anew. Ends when it answers.
import type { ProcessRef } from "../../protocol/facts-base.ts";
import { Failure, Refusal } from "../host/errors.ts";
import { isGone, isLive } from "../host/proc.ts";
import { redactLog } from "../host/redact.ts";
import { sleep, until } from "../host/wait.ts";
import { startModule, stopModule } from "../modules/manager.ts";
import type { ModuleSpec } from "../modules/specs.ts";
import { findProcess, type ModuleFact, mayRestart } from "../modules/watch.ts";
import { type CommandContext, defineCommand } from "./define.ts";
import { logsSince, whereabouts } from "./module-restart-why.ts";
import { provenProcess, signal } from "./prove.ts";

/** Time for a process to end after SIGTERM, and after SIGKILL. */
const TERM_MS = 20_000;
const KILL_MS = 10_000;
/** Pause before a start is tried again: long enough for a slow one to become visible, doubled each time. */
const PAUSE_MS = 1_000;
/** What ended so often will not stay; as systemd's StartLimitBurst. */
const STARTS_MAX = 5;
/** A manager that says no so often will not say yes. */
const REFUSALS_MAX = 3;
/** A process that lived so long has read its configuration and taken its locks and ports. */
const STAYS_MS = 1_000;

type Managed = ModuleSpec & { manager: NonNullable<ModuleSpec["manager"]> };

/** The module by name, with a manager that may be used. @throws Refusal otherwise */
export function managedModule(ctx: CommandContext, name: string): Managed {
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

const gone = (ref: ProcessRef, ms: number) => until(ms, 20, () => (isGone(ref) ? true : null));

/** That it is off may be somebody's choice. @throws Refusal then */
async function mayComeBack(ctx: CommandContext, spec: Managed): Promise<void> {
  await ctx.modules.askUnits(ctx.table.read(0), true);
  const fact = factOf(ctx, spec.name);
  // Absent: neither meant to run here nor seen running, or its unit was switched off.
  if (fact?.state === "absent") throw new Refusal("not-wanted", `${spec.name} is not meant to run on this node`);
  if (fact?.ended === "cleanly")
    throw new Refusal(
      "ended-cleanly",
      `${spec.name} did not fail: systemd says that it was stopped, as with systemctl stop`,
    );
}

/** What is there of the module at this moment: its fact when it is ready, null while it is not. */
async function readyFact(ctx: CommandContext, spec: ModuleSpec): Promise<ModuleFact | null> {
  const watched = ctx.runtimes.all().filter((w) => w.runtime.spec.module === spec.name);
  for (const w of watched) await ctx.runtimes.probe(w);
  if (watched.some((w) => !w.probe.ok)) return null;
  if (watched.length === 0) {
    // Nobody can be asked: it must at least not have ended at once.
    const process = liveProcess(ctx, spec);
    if (!process) return null;
    await sleep(STAYS_MS);
    if (!isLive(process)) return null;
  }
  return factOf(ctx, spec.name);
}

/**
 * Starts the module unless it runs, and waits until it is ready. One that is not there after a start, or ends, is started again a few times
 * with a growing pause, as a service manager would: it may have lost a race for a lock or a port that its predecessor held.
 * @throws Failure with what is known about why
 */
async function bringUp(ctx: CommandContext, spec: Managed, ms: number): Promise<ModuleFact> {
  const said = logsSince(spec);
  const tried = { starts: 0, refusals: 0, refusal: null as Failure | null };
  let pauseMs = PAUSE_MS;
  let notBefore = 0;
  let started: ProcessRef | null = null;
  const ready = await until(ms, 250, async () => {
    if (!liveProcess(ctx, spec)) {
      // What was started and lives, under whatever name, is not started beside itself.
      if (performance.now() < notBefore || tried.starts >= STARTS_MAX || (started && isLive(started))) return null;
      if (tried.starts > 0) ctx.progress(`${spec.name} is not there after its start, it is started again`);
      notBefore = performance.now() + pauseMs;
      pauseMs *= 2;
      tried.starts += 1;
      tried.refusal = null;
      try {
        started = await startModule(spec.manager, spec.name);
      } catch (err) {
        if (!(err instanceof Failure)) throw err;
        tried.refusal = err;
        if (++tried.refusals >= REFUSALS_MAX) throw await notReady(ctx, spec, ms, tried, said);
      }
      if (!liveProcess(ctx, spec)) return null;
    }
    return readyFact(ctx, spec);
  });
  if (!ready) throw await notReady(ctx, spec, ms, tried, said);
  return ready;
}

async function notReady(
  ctx: CommandContext,
  spec: ModuleSpec,
  ms: number,
  { starts, refusal }: { starts: number; refusal: Failure | null },
  said: () => Promise<string[]>,
): Promise<Failure> {
  const process = liveProcess(ctx, spec);
  const times = starts > 1 ? ` ${starts} times` : "";
  const what = process
    ? `${spec.name} was started${times} but does not answer after ${ms / 1_000} s`
    : `${spec.name} was started${times} but no process of it is there`;
  const silent = ctx.runtimes.all().filter((w) => w.runtime.spec.module === spec.name && !w.probe.ok);
  const why = [
    ...(process ? [whereabouts(process.pid)] : []),
    ...silent.map((w) => `${w.runtime.spec.id}: ${redactLog(w.probe.error ?? w.probe.code ?? "no answer")}`),
    ...(await said()),
  ];
  return new Failure(refusal?.code ?? "not-ready", [refusal?.message ?? what, ...why].join("; "), true);
}

export const moduleRestart = defineCommand({
  type: "module.restart",
  affects: ["runtimes", "modules", "containers", "pods", "cni", "lxcfs", "processes"],
  timeoutMs: 300_000,
  async run({ module, mode, process: ref, readyTimeoutMs }, ctx) {
    const spec = managedModule(ctx, module);
    const before = liveProcess(ctx, spec);
    if (mode === "start" && before) throw new Refusal("already-running", `${module} runs as ${before.pid}`);
    if (!before) await mayComeBack(ctx, spec);
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
      if (!(await gone(ref, KILL_MS)))
        throw new Failure("still-alive", `SIGKILL did not end ${module}: ${whereabouts(ref.pid)}`, true);
      ctx.progress(`process ${ref.pid} of ${module} killed`);
    }
    // A manager such as systemd may have brought it back by itself in the meantime.
    const ready = await bringUp(ctx, spec, readyTimeoutMs);
    return {
      message: `${module} runs${ready.process ? ` as ${ready.process.pid}` : ""}${ready.version ? `, version ${ready.version}` : ""}`,
      changed: true,
      output: { before: before ? { pid: before.pid, state: before.state } : null, process: ready.process },
    };
  },
});

async function end(spec: Managed, process: ProcessRef): Promise<void> {
  if ((await stopModule(spec.manager)) === "signal") signal(process, "SIGTERM");
  if (!(await gone(process, TERM_MS)))
    throw new Failure(
      "still-alive",
      `${spec.name} did not end within ${TERM_MS / 1_000} s: ${whereabouts(process.pid)}`,
      true,
    );
}

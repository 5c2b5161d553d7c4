// Commands container.thaw and container.pids-max: one value in the cgroup of one running container, from what it is to what it should be.
import { writeFileSync } from "node:fs";
import type { Hierarchy } from "../collectors/cgroups.ts";
import { keyed } from "../collectors/cgroups.ts";
import { Failure, messageOf, Refusal } from "../host/errors.ts";
import { readText } from "../host/file.ts";
import { checkpointAtWork } from "../host/freezers.ts";
import { argvOf } from "../host/proc.ts";
import { until } from "../host/wait.ts";
import type { Runtime } from "../runtimes/types.ts";
import { type CommandContext, defineCommand } from "./define.ts";
import { cgroupOf, listedContainer } from "./prove-container.ts";

/** The running container as its runtime lists it. @throws Refusal when it does not run */
async function running(ctx: CommandContext, containerId: string): Promise<{ name: string; runtime: Runtime }> {
  const { watched, container } = await listedContainer(ctx, containerId);
  if (container.state !== "running") throw new Refusal("not-running", `${container.name} is ${container.state}`);
  return { name: container.name, runtime: watched.runtime };
}

/** What the agent's own last look says of the container. */
const seenOf = (ctx: CommandContext, containerId: string) =>
  ctx.latest("workload")?.containers.find((seen) => seen.id === containerId);

/** @throws Refusal while somebody is, or may be, at work with a frozen container: a checkpoint, or a pause that was meant */
async function provenForgotten(ctx: CommandContext, containerId: string, name: string, runtime: Runtime) {
  const afterMs = ctx.config.thaw.containerAfterMs;
  const since = seenOf(ctx, containerId)?.frozenSince ?? null;
  const waited = since === null ? 0 : Date.now() - since;
  if (waited < afterMs)
    throw new Refusal(
      "is-new",
      `${name} has been seen frozen for ${Math.floor(waited / 1_000)} s: a pause or a checkpoint may take ${Math.round(afterMs / 1_000)} s`,
    );
  const checkpoint = await checkpointAtWork(ctx.table.read(0), containerId, argvOf);
  if (checkpoint !== null) throw new Refusal("at-work", `${name}: ${checkpoint}`);
  const isPaused = await runtime.isPaused?.(containerId).catch((err: unknown) => {
    throw new Refusal("runtime-silent", `${runtime.spec.id} cannot say whether ${name} is paused: ${messageOf(err)}`);
  });
  if (isPaused) throw new Refusal("paused", `${name} was paused through its runtime (ctr or nerdctl pause)`);
}

export type Freezer = { frozen: boolean; own: boolean };

/** Whether a cgroup is frozen, and whether by itself (not by one above it). v1: freezer.*, v2: cgroup.freeze and cgroup.events. Null: cannot be told. */
export function freezerOf(folder: string, version: Hierarchy["version"]): Freezer | null {
  if (version === "v2") {
    const own = readText(`${folder}/cgroup.freeze`);
    const frozen = keyed(readText(`${folder}/cgroup.events`), "frozen");
    return own === null || frozen === null ? null : { frozen: frozen === 1 || own === "1", own: own === "1" };
  }
  const state = readText(`${folder}/freezer.state`);
  if (state === null) return null;
  const above = readText(`${folder}/freezer.parent_freezing`) === "1";
  return { frozen: state !== "THAWED", own: !above || readText(`${folder}/freezer.self_freezing`) === "1" };
}

function write(file: string, value: string): void {
  try {
    writeFileSync(file, value);
  } catch (err) {
    throw new Failure("not-set", messageOf(err), false);
  }
}

export const containerThaw = defineCommand({
  type: "container.thaw",
  affects: ["workload", "cgroups", "containers", "processes", "containerUsage"],
  timeoutMs: 30_000,
  async run({ containerId }, ctx) {
    const { name, runtime } = await running(ctx, containerId);
    const { hierarchy, folder } = cgroupOf(containerId, "freezer");
    const before = freezerOf(folder, hierarchy.version);
    if (before === null) throw new Refusal("no-such-controller", `the cgroup of ${name} cannot be frozen here`);
    if (!before.frozen) throw new Refusal("not-frozen", `${name} is not frozen`);
    if (!before.own) throw new Refusal("frozen-above", `a cgroup above ${name} is frozen, not its own`);
    await provenForgotten(ctx, containerId, name, runtime);
    if (hierarchy.version === "v2") write(`${folder}/cgroup.freeze`, "0");
    else write(`${folder}/freezer.state`, "THAWED");
    const thawed = await until(10_000, 100, () =>
      freezerOf(folder, hierarchy.version)?.frozen === false ? true : null,
    );
    if (!thawed) throw new Failure("still-frozen", `${name} is still frozen`, true);
    return { message: `${name} is thawed`, changed: true, output: { before: "frozen", after: "thawed" } };
  },
});

/** A limit is a protection: it is raised to so many times the one that was meant, and never below what the protocol can name. */
const TIMES_MAX = 4;
const LIMIT_MIN = 16;
/** What multiplied its tasks within this is not given more, ms. */
const FAST_MS = 600_000;

/** @throws Refusal when the container forks without end, or the limit was raised often enough */
function provenSlow(ctx: CommandContext, containerId: string, name: string, before: number, value: number): void {
  const first = ctx.memory.data.pidsFirst[containerId] ?? before;
  const most = Math.max(LIMIT_MIN, TIMES_MAX * first);
  if (value > most)
    throw new Refusal("beyond-first", `${name} was given ${first} tasks at first: ${most} is the most, not ${value}`);
  const fastAt = seenOf(ctx, containerId)?.pidsFastAt ?? null;
  if (fastAt !== null && Date.now() - fastAt < FAST_MS)
    throw new Refusal("grows-fast", `${name} multiplied its tasks a moment ago: its limit protects the node`);
}

export const containerPidsMax = defineCommand({
  type: "container.pids-max",
  affects: ["workload", "cgroups"],
  timeoutMs: 20_000,
  async run({ containerId, expected, value }, ctx) {
    const { name } = await running(ctx, containerId);
    const { folder } = cgroupOf(containerId, "pids");
    const file = `${folder}/pids.max`;
    const before = readText(file);
    if (before === null) throw new Refusal("no-such-controller", `the cgroup of ${name} has no pids.max`);
    if (before === String(value))
      return { message: `pids.max of ${name} is ${value} already`, changed: false, output: { before, after: before } };
    if (before !== expected)
      throw new Refusal("target-changed", `pids.max of ${name} is ${before} now, not ${expected}`);
    const current = Number(readText(`${folder}/pids.current`) ?? 0);
    if (value <= current)
      throw new Refusal("below-use", `${name} has ${current} tasks: with ${value} it could start no more`);
    // cgroups count "max" as no limit: from there every number is a lower one.
    if (before !== "max" && value > Number(before)) provenSlow(ctx, containerId, name, Number(before), value);
    write(file, String(value));
    const after = readText(file);
    if (after !== String(value)) throw new Failure("not-set", `pids.max of ${name} is ${after}`, after !== before);
    return { message: `pids.max of ${name}: ${before} → ${after}`, changed: true, output: { before, after } };
  },
});

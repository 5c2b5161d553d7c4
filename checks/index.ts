// The catalogue of checks: the explicit list from which pages, filters, the harness and the agent's doctor derive. No magic: one import, one line.

import { clockOff } from "./clock-off.ts";
import { cniBroken } from "./cni-broken.ts";
import { conntrackAlmostFull } from "./conntrack-almost-full.ts";
import { containerLost } from "./container-lost.ts";
import type { Check } from "./define.ts";
import { diskAlmostFull } from "./disk-almost-full.ts";
import { filesystemReadOnly } from "./filesystem-read-only.ts";
import { imageChecks } from "./image/list.ts";
import { inodesAlmostGone } from "./inodes-almost-gone.ts";
import { logsChecks } from "./logs/list.ts";
import { lxcfsDead } from "./lxcfs-dead.ts";
import { machineChecks } from "./machine/list.ts";
import { mountLeaked } from "./mount-leaked.ts";
import { networkChecks } from "./network/list.ts";
import { nicNameCollision } from "./nic-name-collision.ts";
import { orphanShim } from "./orphan-shim.ts";
import { runtimeDown } from "./runtime-down.ts";
import { runtimeHung } from "./runtime-hung.ts";
import { servicesChecks } from "./services/list.ts";
import { tasksStuck } from "./tasks-stuck.ts";
import { workloadChecks } from "./workload/list.ts";
import { zombiePileup } from "./zombie-pileup.ts";

/** Every check, by group. */
const listed = [
  runtimeDown,
  runtimeHung,
  filesystemReadOnly,
  diskAlmostFull,
  inodesAlmostGone,
  orphanShim,
  containerLost,
  lxcfsDead,
  mountLeaked,
  cniBroken,
  nicNameCollision,
  conntrackAlmostFull,
  zombiePileup,
  tasksStuck,
  clockOff,
  ...logsChecks,
  ...machineChecks,
  ...servicesChecks,
  ...networkChecks,
  ...imageChecks,
  ...workloadChecks,
] as const satisfies readonly Check[];

export type CheckId = (typeof listed)[number]["id"];

/** Causes before what they cause, otherwise as listed: one pass over the list sees a cause before what it hides. */
function causesFirst<C extends Check>(all: readonly C[]): C[] {
  const byId = new Map<string, C>(all.map((check) => [check.id, check]));
  const ordered = new Set<C>();
  const visit = (check: C, path: ReadonlySet<C>): void => {
    if (path.has(check)) throw new Error(`${check.id} depends on itself`);
    for (const id of check.dependsOn ?? []) {
      const cause = byId.get(id);
      if (cause && !ordered.has(cause)) visit(cause, new Set(path).add(check));
    }
    ordered.add(check);
  };
  for (const check of all) visit(check, new Set());
  return [...ordered];
}

/** Every check; causes stand before what they cause. */
export const checks: readonly (typeof listed)[number][] = causesFirst(listed);

const byId = new Map<string, Check>(checks.map((check) => [check.id, check]));

/** The check of that id, undefined for an id that is not (or no longer) in the catalogue. */
export const checkById = (id: string): Check | undefined => byId.get(id);

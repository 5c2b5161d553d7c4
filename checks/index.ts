// The catalogue of checks: the explicit list from which pages, filters, the harness and the agent's doctor derive. No magic: one import, one line.

import { clockOff } from "./clock-off.ts";
import { cniBroken } from "./cni-broken.ts";
import { conntrackAlmostFull } from "./conntrack-almost-full.ts";
import { containerLost } from "./container-lost.ts";
import type { Check } from "./define.ts";
import { diskAlmostFull } from "./disk-almost-full.ts";
import { filesystemReadOnly } from "./filesystem-read-only.ts";
import { inodesAlmostGone } from "./inodes-almost-gone.ts";
import { lxcfsDead } from "./lxcfs-dead.ts";
import { mountLeaked } from "./mount-leaked.ts";
import { nicNameCollision } from "./nic-name-collision.ts";
import { orphanShim } from "./orphan-shim.ts";
import { runtimeDown } from "./runtime-down.ts";
import { runtimeHung } from "./runtime-hung.ts";
import { tasksStuck } from "./tasks-stuck.ts";
import { zombiePileup } from "./zombie-pileup.ts";

/** Every check; causes stand before what they cause. */
export const checks = [
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
] as const satisfies readonly Check[];

export type CheckId = (typeof checks)[number]["id"];

const byId = new Map<string, Check>(checks.map((check) => [check.id, check]));

/** The check of that id, undefined for an id that is not (or no longer) in the catalogue. */
export const checkById = (id: string): Check | undefined => byId.get(id);

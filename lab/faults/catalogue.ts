// The catalogue of faults: the explicit list from which the CLI, the tests and the docs derive.
import type { Fault } from "./fault.ts";
import { containerLost, mountLeak, orphanShim } from "./leftovers.ts";
import { lxcfsDead, lxcfsHung } from "./lxcfs.ts";
import { diskFrozen, filesExhausted, orphanVolumes } from "./machine.ts";
import { cniBroken, conntrackFull, nicCollision } from "./network.ts";
import { p2pDown } from "./p2p.ts";
import {
  bridgeDown,
  ipForwardOff,
  leasesLeaked,
  neighbourWrong,
  netnsLeaked,
  podLinkCut,
  rejectRule,
  rpFilterStrict,
} from "./pod-network.ts";
import { runtimeDown, runtimeHung } from "./runtime.ts";
import { sandboxProcess } from "./sandbox.ts";
import { diskFull, inodesLow } from "./storage.ts";
import { containerFrozen, deadContainers, logLarge, pidsLimit, sandboxLeftover, shimHung } from "./workload.ts";
import { zombiePileup } from "./zombies.ts";

/** Every fault. */
export const faults: readonly Fault[] = [
  runtimeDown,
  runtimeHung,
  orphanShim,
  containerLost,
  diskFull,
  inodesLow,
  lxcfsDead,
  nicCollision,
  mountLeak,
  cniBroken,
  conntrackFull,
  zombiePileup,
  shimHung,
  lxcfsHung,
  containerFrozen,
  pidsLimit,
  sandboxLeftover,
  sandboxProcess,
  deadContainers,
  logLarge,
  filesExhausted,
  diskFrozen,
  orphanVolumes,
  bridgeDown,
  podLinkCut,
  neighbourWrong,
  ipForwardOff,
  rpFilterStrict,
  rejectRule,
  leasesLeaked,
  netnsLeaked,
  p2pDown,
];

/** The fault of that id. @throws when there is none, naming those there are. */
export function findFault(id: string): Fault {
  const fault = faults.find((f) => f.id === id);
  if (!fault) throw new Error(`no fault ${id}; there are: ${faults.map((f) => f.id).join(", ")}`);
  return fault;
}

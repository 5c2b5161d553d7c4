// The catalogue of faults: the explicit list from which the CLI, the tests and the docs derive.
import type { Fault } from "./fault.ts";
import { containerLost, mountLeak, orphanShim } from "./leftovers.ts";
import { lxcfsDead } from "./lxcfs.ts";
import { cniBroken, conntrackFull, nicCollision } from "./network.ts";
import { runtimeDown, runtimeHung } from "./runtime.ts";
import { diskFull, inodesLow } from "./storage.ts";
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
];

/** The fault of that id. @throws when there is none, naming those there are. */
export function findFault(id: string): Fault {
  const fault = faults.find((f) => f.id === id);
  if (!fault) throw new Error(`no fault ${id}; there are: ${faults.map((f) => f.id).join(", ")}`);
  return fault;
}

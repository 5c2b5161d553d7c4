// The catalogue of repairs: the explicit list from which offers, previews, approvals and verification derive.
import { checkById } from "../checks/index.ts";
import type { RepairDefinition } from "./define.ts";
import { detachLeakedMount } from "./detach-leaked-mount.ts";
import { endLostContainer } from "./end-lost-container.ts";
import { imageRepairs } from "./image/list.ts";
import { logsRepairs } from "./logs/list.ts";
import { machineRepairs } from "./machine/list.ts";
import { networkRepairs } from "./network/list.ts";
import { nudgeZombieParent } from "./nudge-zombie-parent.ts";
import { pruneRuntime } from "./prune-runtime.ts";
import { reapOrphanShim } from "./reap-orphan-shim.ts";
import { reattachLxcfs } from "./reattach-lxcfs.ts";
import { relieveConntrack } from "./relieve-conntrack.ts";
import { renameNic } from "./rename-nic.ts";
import { restartContainer } from "./restart-container.ts";
import { restartHungRuntime } from "./restart-hung-runtime.ts";
import { restoreCniConfig } from "./restore-cni-config.ts";
import { servicesRepairs } from "./services/list.ts";
import { startRuntime } from "./start-runtime.ts";
import { workloadRepairs } from "./workload/list.ts";

/** Every repair. */
export const repairs = [
  startRuntime,
  restartHungRuntime,
  reapOrphanShim,
  endLostContainer,
  pruneRuntime,
  reattachLxcfs,
  renameNic,
  detachLeakedMount,
  restoreCniConfig,
  relieveConntrack,
  nudgeZombieParent,
  restartContainer,
  ...logsRepairs,
  ...machineRepairs,
  ...servicesRepairs,
  ...networkRepairs,
  ...imageRepairs,
  ...workloadRepairs,
] as const satisfies readonly RepairDefinition[];

export type RepairId = (typeof repairs)[number]["id"];

const byId = new Map<string, RepairDefinition>(repairs.map((repair) => [repair.id, repair]));

/** The repair of that id, undefined for an id that is not (or no longer) in the catalogue. */
export const repairById = (id: string): RepairDefinition | undefined => byId.get(id);

/** Repairs that may be offered for a finding of this check, best first. Their guards say which of them may run now. */
export function repairsForCheck(checkId: string): RepairDefinition[] {
  return (checkById(checkId)?.repairs ?? []).flatMap((id) => repairById(id) ?? []);
}

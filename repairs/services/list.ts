// Repairs of the services: modules, kubelet's leftovers. One import, one line.
import type { RepairDefinition } from "../define.ts";
import { clearOrphanVolumes } from "./clear-orphan-volumes.ts";
import { continueModule } from "./continue-module.ts";
import { raiseModuleFiles } from "./raise-module-files.ts";
import { restartModule } from "./restart-module.ts";
import { startModule } from "./start-module.ts";

export const servicesRepairs = [
  startModule,
  continueModule,
  restartModule,
  raiseModuleFiles,
  clearOrphanVolumes,
] as const satisfies readonly RepairDefinition[];

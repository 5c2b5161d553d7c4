// Repairs of how images reach the node and how fast containers start. One import, one line.
import type { RepairDefinition } from "../define.ts";

export const imageRepairs = [] as const satisfies readonly RepairDefinition[];

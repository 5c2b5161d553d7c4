// Repairs of what the kernel, journals and daemons wrote. One import, one line.
import type { RepairDefinition } from "../define.ts";

export const logsRepairs = [] as const satisfies readonly RepairDefinition[];

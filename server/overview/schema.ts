// What the overview page reads. Client-safe.
import type { Severity } from "../../checks/define.ts";
import type { FindingGroup } from "../findings/schema.ts";
import type { NodeState } from "../nodes/schema.ts";
import type { RepairRow } from "../repairs/schema.ts";

/** One cell of the fleet grid. */
export type NodeCell = {
  id: string;
  name: string;
  pool: string;
  zone: string;
  state: NodeState;
  since: Date;
  worst: Severity | null;
  findingCount: number;
  runtimes: string;
  kernel: string;
};

export type Overview = {
  total: number;
  byState: Record<NodeState, number>;
  openFindings: Record<Severity, number>;
  /** Open findings nobody has acknowledged and no repair runs for. */
  needYou: number;
  activeRepairs: RepairRow[];
  recentRepairs: RepairRow[];
  /** Most severe and widest first. */
  groups: FindingGroup[];
  /** Nodes per state, one point each 30 min over 24 h. */
  trend: { at: Date; healthy: number; degraded: number; unhealthy: number; notReporting: number; unknown: number }[];
  /** So many nodes silent at once that the gateway blames itself and says nothing of them; null when that is not so. */
  silence: { since: Date; missing: number; known: number } | null;
  /** The console's own processes. */
  processes: { name: string; state: "ok" | "late" | "missing"; beatAt: Date | null; version: string }[];
};

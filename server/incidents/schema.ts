// Inputs and outputs of incidents: findings that share a cause are one trouble with its nodes under it. Client-safe.
import { z } from "zod";
import type { Severity } from "../../checks/define.ts";
import type { Text } from "../../protocol/text.ts";
import { Page, type Paged } from "../core/paging.ts";
import type { FindingRow } from "../findings/schema.ts";

export const ListIncidents = Page.extend({ state: z.enum(["open", "closed", "all"]).default("open") });
export const GetIncident = z.object({ id: z.uuid() });

/** How a cause was inferred: k of n findings share it, while K of N nodes have it at all; p by Fisher's exact test (one-sided), times the causes tried. */
export type Inference = { attribute: string; value: string; k: number; n: number; K: number; N: number; p: number };

export type IncidentRow = {
  id: string;
  /** "<kind>:<what>", e.g. "nfs:10.0.0.5". */
  causeKey: string;
  kind: string;
  title: Text;
  state: "open" | "closed";
  severity: Severity;
  /** Of those that the caller may see, now. */
  nodeCount: number;
  findingCount: number;
  /** The most there were, in the whole fleet; null for who sees a part of it. */
  peakNodeCount: number | null;
  checkIds: string[];
  firstSeenAt: Date;
  openedAt: Date;
  lastSeenAt: Date;
  closedAt: Date | null;
  acknowledgedBy: string | null;
  acknowledgedAt: Date | null;
  /** Set when no check named the cause: it was inferred from what the nodes share. */
  inference: Inference | null;
};
export type IncidentList = Paged<IncidentRow>;

export type IncidentNode = {
  id: string;
  name: string;
  pool: string;
  zone: string;
  rack: string;
  kernel: string;
  state: string;
  findings: FindingRow[];
};

export type IncidentDetail = IncidentRow & {
  /** Its checks, most findings first, each with what to do. */
  checks: { checkId: string; title: Text; suggestion: Text; findingCount: number }[];
  /** At most INCIDENT_NODES_MAX, longest affected first. Of a closed incident: those that it had. */
  nodes: IncidentNode[];
  /** Findings that came per hour over the last 24 h, oldest first. */
  spread: number[];
  /** Repairs of single nodes wait while it is open. */
  isHolding: boolean;
};
export const INCIDENT_NODES_MAX = 200;

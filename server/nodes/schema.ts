// Inputs and outputs of the nodes domain. Client-safe.
import { z } from "zod";
import type { FactData, FactKind } from "../../protocol/facts.ts";
import type { Text } from "../../protocol/text.ts";
import { type Facet, Page, type Paged } from "../core/paging.ts";

export const nodeStates = ["healthy", "degraded", "unhealthy", "not_reporting", "unknown", "maintenance"] as const;
export const NodeState = z.enum(nodeStates);
export type NodeState = z.infer<typeof NodeState>;

/** Id (UUID) or unique name: people type names, links carry ids. */
export const NodeRef = z.object({ node: z.string().min(1).max(253) });

export const ListNodes = Page.extend({
  /** Matches name, hostname, address, kernel, runtime, label; case-insensitive. */
  search: z.string().max(200).default(""),
  state: z.array(NodeState).default([]),
  pool: z.array(z.string()).default([]),
  zone: z.array(z.string()).default([]),
  sort: z.enum(["name", "state", "pool", "zone", "findings", "containers", "kernel", "lastSeen"]).default("state"),
  descending: z.boolean().default(false),
});
export type ListNodes = z.infer<typeof ListNodes>;

/** How it was noticed that two machines share an identity; the codes stand in the table. */
export const quarantineReasons = {
  "two-sessions": { en: "Two machines were connected with this identity at once.", zh: "两台机器同时以该身份连接。" },
  "came-back": {
    en: "An agent came back after another one had taken its place: the machine was copied, or runs on from a snapshot.",
    zh: "一个代理在被另一个代理取代之后又回来了：机器被复制，或从快照恢复后继续运行。",
  },
} as const satisfies Record<string, Text>;
export type QuarantineReason = keyof typeof quarantineReasons;

/** Null for a code that is not known here, and for none. */
export const quarantineText = (code: string): Text | null =>
  Object.hasOwn(quarantineReasons, code) ? quarantineReasons[code as QuarantineReason] : null; // it was just looked up

export type NodeRow = {
  id: string;
  name: string;
  pool: string;
  zone: string;
  rack: string;
  labels: Record<string, string>;
  state: NodeState;
  stateReason: string;
  stateSince: Date;
  lastSeenAt: Date | null;
  isConnected: boolean;
  kernel: string;
  os: string;
  runtimes: string;
  addresses: string[];
  podCount: number;
  containerCount: number;
  criticalCount: number;
  warningCount: number;
  agentVersion: string;
  /** Since when two machines show this identity: nothing is taken from or given to either. */
  quarantinedAt: Date | null;
  /** Key of quarantineReasons. */
  quarantineReason: string;
};
export type NodeList = Paged<NodeRow> & { facets: { state: Facet[]; pool: Facet[]; zone: Facet[] } };

export type NodeDetail = NodeRow & {
  hostname: string;
  arch: string;
  cpuCount: number;
  memoryBytes: number;
  bootId: string;
  machineId: string;
  enrolledAt: Date;
  certificateExpiresAt: Date;
  /** From facts; null when none has arrived yet. */
  identity: FactData["identity"] | null;
  modules: FactData["modules"] | null;
  runtimeFacts: FactData["runtimes"] | null;
  filesystems: FactData["filesystems"] | null;
  resources: FactData["resources"] | null;
  pressure: FactData["pressure"] | null;
  runtimeMetrics: FactData["runtimeMetrics"] | null;
  /** Each check's last outcome on this node. `since` null: it is ok, and nobody noted since when. */
  checks: {
    checkId: string;
    status: "ok" | "problem" | "unknown";
    reason: string;
    since: Date | null;
    checkedAt: Date;
  }[];
};

export const NodeHistory = NodeRef.extend({ hours: z.number().int().min(1).max(168).default(24) });
export type NodeHistoryResult = {
  from: Date;
  to: Date;
  /** States in order; the first holds from `from`. Gaps (before enrolment) have no segment. */
  segments: { state: NodeState; from: Date; to: Date; reason: string }[];
  samples: {
    at: Date;
    cpuUsedRatio: number | null;
    memoryUsedRatio: number | null;
    diskUsedRatio: number | null;
    ioPressure: number | null;
    memoryPressure: number | null;
    containerCount: number | null;
  }[];
  /** Changes to mark on the charts. */
  marks: { at: Date; kind: "repair" | "finding" | "restart"; label: string; href: string }[];
};

export type NodeFactRow = {
  kind: FactKind;
  at: Date;
  receivedAt: Date;
  hash: string;
  error: string | null;
  data: unknown;
};

export const NodeTimeline = NodeRef.extend({
  before: z.coerce.date().optional(),
  limit: z.number().int().min(1).max(200).default(50),
});
export type TimelineEvent = {
  id: string;
  at: Date;
  kind: "state" | "finding-opened" | "finding-closed" | "repair" | "rollout" | "kernel" | "audit";
  severity: "critical" | "warning" | "info" | "ok";
  title: Text;
  detail: Text;
  href: string | null;
};

export const SetMaintenance = NodeRef.extend({ on: z.boolean(), reason: z.string().max(500).default("") });

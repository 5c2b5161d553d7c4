// Private to the nodes domain: columns of a row and its mapping.
import { type NodeRow, NodeState } from "./schema.ts";

export const nodeColumns = {
  id: true,
  name: true,
  pool: true,
  zone: true,
  rack: true,
  labels: true,
  state: true,
  stateReason: true,
  stateSince: true,
  lastSeenAt: true,
  isConnected: true,
  kernel: true,
  os: true,
  runtimes: true,
  addresses: true,
  podCount: true,
  containerCount: true,
  criticalCount: true,
  warningCount: true,
  agentVersion: true,
  quarantinedAt: true,
  quarantineReason: true,
} as const;

type Raw = Omit<NodeRow, "labels" | "state"> & { labels: unknown; state: string };

/** Labels are written by us as string → string; anything else is left out. */
export function toLabels(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

export function toNodeRow(raw: Raw): NodeRow {
  const state = NodeState.safeParse(raw.state);
  return { ...raw, labels: toLabels(raw.labels), state: state.success ? state.data : "unknown" };
}

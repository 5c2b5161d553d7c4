// Private to the nodes domain: columns of a row, its mapping, and finding a node by id or name.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
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

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Id of a node that is not removed, by id or name. @throws AppError("not_found") */
export async function nodeIdOf(db: PrismaClient | Tx, ref: string): Promise<string> {
  const where = UUID.test(ref) ? { id: ref.toLowerCase() } : { name: ref };
  const row = await db.node.findFirst({ where: { ...where, revokedAt: null }, select: { id: true } });
  if (!row) throw new AppError("not_found", `no node ${ref}`, { publicMessage: `There is no node "${ref}".` });
  return row.id;
}

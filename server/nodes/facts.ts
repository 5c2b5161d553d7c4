// Stored facts of one node: as rows for the facts tab, and typed for whoever needs one kind.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { type FactData, FactKind } from "../../protocol/facts.ts";
import type { Tx } from "../core/context.ts";
import { query } from "../core/verb.ts";
import { type NodeFactRow, NodeRef } from "./schema.ts";

/** Data of the asked kinds; null where there is none. Stored data was validated when it came in. */
export async function readFacts<K extends FactKind>(
  db: PrismaClient | Tx,
  nodeId: string,
  kinds: readonly K[],
): Promise<{ [P in K]: FactData[P] | null }> {
  const rows = await db.nodeFact.findMany({
    where: { nodeId, kind: { in: [...kinds] } },
    select: { kind: true, data: true },
  });
  const byKind = new Map(rows.map((row) => [row.kind, row.data]));
  return Object.fromEntries(kinds.map((kind) => [kind, byKind.get(kind) ?? null])) as { [P in K]: FactData[P] | null };
}

export const listFacts = query({
  name: "nodes.facts",
  access: "nodes:read",
  on: "node",
  input: NodeRef,
  async run({ db, scope }, { node }): Promise<NodeFactRow[]> {
    const nodeId = await scope.node(db, node);
    const rows = await db.nodeFact.findMany({
      where: { nodeId },
      orderBy: { kind: "asc" },
      select: { kind: true, at: true, receivedAt: true, hash: true, error: true, data: true },
    });
    return rows.flatMap((row) => {
      const kind = FactKind.safeParse(row.kind);
      return kind.success ? [{ ...row, kind: kind.data }] : [];
    });
  },
});

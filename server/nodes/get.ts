// One node with what its page shows first.

import type { PrismaClient } from "../../generated/prisma/client.ts";
import { query } from "../core/verb.ts";
import { activeChecks } from "../inspections/catalogue.ts";
import { statusNow } from "../inspections/outcomes.ts";
import { readFacts } from "./facts.ts";
import { nodeColumns, toNodeRow } from "./rows.ts";
import { type NodeDetail, NodeRef } from "./schema.ts";

/** Problems of one check that its row names. */
const PROBLEMS_SHOWN = 3;

export const getNode = query({
  name: "nodes.get",
  access: "nodes:read",
  on: "node",
  input: NodeRef,
  async run({ db, scope }, { node }): Promise<NodeDetail> {
    const id = await scope.node(db, node);
    const [row, facts, checks] = await Promise.all([
      db.node.findUniqueOrThrow({
        where: { id },
        select: {
          ...nodeColumns,
          hostname: true,
          arch: true,
          cpuCount: true,
          memoryBytes: true,
          bootId: true,
          machineId: true,
          enrolledAt: true,
          certificateExpiresAt: true,
        },
      }),
      readFacts(db, id, ["identity", "modules", "runtimes", "filesystems", "resources", "pressure", "runtimeMetrics"]),
      readChecks(db, id),
    ]);
    const { hostname, arch, cpuCount, memoryBytes, bootId, machineId, enrolledAt, certificateExpiresAt, ...rest } = row;
    const { runtimes, ...others } = facts;
    return {
      ...toNodeRow(rest),
      hostname,
      arch,
      cpuCount,
      bootId,
      machineId,
      enrolledAt,
      certificateExpiresAt,
      memoryBytes: Number(memoryBytes),
      ...others,
      runtimeFacts: runtimes,
      checks,
    };
  },
});

/** Each check's last outcome; none for a node that was never looked at. Of a problem the findings say what it is. */
async function readChecks(db: PrismaClient, nodeId: string): Promise<NodeDetail["checks"]> {
  const row = await db.nodeInspection.findUnique({
    where: { nodeId },
    select: { problems: true, unknowns: true, digest: true, checkedAt: true },
  });
  if (!row) return [];
  const [catalogue, findings] = await Promise.all([
    activeChecks(db),
    db.finding.findMany({
      where: { nodeId, state: { not: "closed" }, isShadow: false },
      orderBy: { subject: "asc" },
      select: { checkId: true, reason: true, subject: true },
    }),
  ]);
  const { checkedAt } = row;
  const seen = Map.groupBy(findings, ({ checkId }) => checkId);
  return catalogue.checks
    .filter(({ id }) => !catalogue.shadow.has(id))
    .map(({ id }) => {
      const { status, since, reason } = statusNow(row, id, catalogue.hash);
      const own = (seen.get(id) ?? []).map((finding) => `${finding.reason} ${finding.subject}`);
      return {
        checkId: id,
        status,
        reason: status === "problem" ? own.slice(0, PROBLEMS_SHOWN).join(", ") : reason,
        since: since === null ? null : new Date(since),
        checkedAt,
      };
    })
    .sort((a, b) => (a.checkId < b.checkId ? -1 : 1));
}

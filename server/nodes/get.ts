// One node with what its page shows first.
import { query } from "../core/verb.ts";
import { readFacts } from "./facts.ts";
import { nodeColumns, toNodeRow } from "./rows.ts";
import { type NodeDetail, NodeRef } from "./schema.ts";

const statuses = ["ok", "problem", "unknown"] as const;

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
      db.checkStatus.findMany({
        where: { nodeId: id },
        orderBy: { checkId: "asc" },
        select: { checkId: true, status: true, reason: true, since: true, checkedAt: true },
      }),
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
      checks: checks.map((check) => ({ ...check, status: statuses.find((s) => s === check.status) ?? "unknown" })),
    };
  },
});

// One finding with all that helps to decide: evidence, advice, repairs with their record, earlier runs, the article, other nodes that have it too.
import type { Evidence } from "../../checks/define.ts";
import { checkById } from "../../checks/index.ts";
import { repairsForCheck } from "../../repairs/index.ts";
import { actorNames } from "../core/actor-names.ts";
import { query } from "../core/verb.ts";
import { repairRecords } from "../repairs/records.ts";
import { repairTitle } from "../repairs/title.ts";
import { articleOf } from "./articles.ts";
import { findingColumns, toFindingRow, visibleStates } from "./rows.ts";
import { type FindingDetail, FindingRef } from "./schema.ts";

const ALSO_ON_MAX = 20;
const RUNS_MAX = 20;

export const getFinding = query({
  name: "findings.get",
  access: "findings:read",
  on: "node",
  input: FindingRef,
  async run({ db, scope }, { id }): Promise<FindingDetail> {
    await scope.finding(db, id);
    const found = await db.finding.findUniqueOrThrow({
      where: { id },
      select: {
        ...findingColumns,
        node: { select: { name: true, pool: true, zone: true, kernel: true } },
        evidence: true,
        params: true,
        recoveringAt: true,
        acknowledgedAt: true,
      },
    });
    const { evidence, params, recoveringAt, acknowledgedAt, ...rest } = found;
    const check = checkById(found.checkId);
    const offered = repairsForCheck(found.checkId);
    const [records, runs, alsoOn] = await Promise.all([
      repairRecords(
        db,
        offered.map((repair) => repair.id),
        found.node.kernel,
        scope,
      ),
      db.repair.findMany({
        where: { findingId: id },
        orderBy: { createdAt: "desc" },
        take: RUNS_MAX,
        select: {
          id: true,
          repairId: true,
          undoOfId: true,
          state: true,
          createdAt: true,
          endedAt: true,
          requestedBy: true,
        },
      }),
      db.finding.findMany({
        where: {
          checkId: found.checkId,
          state: { in: visibleStates },
          nodeId: { not: found.nodeId },
          node: { AND: [{ revokedAt: null }, scope.where] },
        },
        orderBy: { firstSeenAt: "asc" },
        distinct: ["nodeId"],
        take: ALSO_ON_MAX,
        select: { id: true, nodeId: true, node: { select: { name: true } } },
      }),
    ]);
    const nameOf = await actorNames(db, [rest.acknowledgedBy, ...runs.map(({ requestedBy }) => requestedBy)]);
    return {
      ...toFindingRow(rest, nameOf),
      evidence: evidence as Evidence[], // written by the check
      params: params as Record<string, unknown>, // written by the check
      suggestion: check?.suggestion ?? { en: "", zh: "" },
      area: check?.area ?? "",
      needs: [...(check?.needs ?? [])],
      raiseAfterMs: check?.raiseAfterMs ?? 0,
      clearAfterMs: check?.clearAfterMs ?? 0,
      recoveringAt,
      acknowledgedAt,
      repairs: offered.map((repair) => ({
        id: repair.id,
        title: repair.title,
        risk: repair.risk,
        hasUndo: repair.undo !== undefined,
        record: records(repair.id),
      })),
      runs: runs.map(({ undoOfId, ...run }) => ({
        ...run,
        requestedBy: nameOf(run.requestedBy),
        title: repairTitle(run.repairId, undoOfId !== null),
      })),
      article: articleOf(found.checkId),
      alsoOn: alsoOn.map((other) => ({ findingId: other.id, nodeId: other.nodeId, nodeName: other.node.name })),
    };
  },
});

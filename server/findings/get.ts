// One finding with all that helps to decide: evidence, advice, repairs with their record, earlier runs, the article, other nodes that have it too.

import type { Evidence } from "../../checks/define.ts";
import { checkById } from "../../checks/index.ts";
import { articleIdOf } from "../../knowledge/article-id.ts";
import { repairsForCheck } from "../../repairs/index.ts";
import { modeOf } from "../check-modes/modes.ts";
import { actorNames } from "../core/actor-names.ts";
import { query } from "../core/verb.ts";
import { activeChecks } from "../inspections/catalogue.ts";
import { articleBody } from "../knowledge/effective.ts";
import { ladderOf } from "../repairs/ladder-of.ts";
import { rankRepairs, repairRecords } from "../repairs/records.ts";
import { repairTitle } from "../repairs/title.ts";
import { rowWords } from "./row-words.ts";
import { findingColumns, toFindingRow, visibleStates } from "./rows.ts";
import { type FindingDetail, FindingRef } from "./schema.ts";

const ALSO_ON_MAX = 20;
const RUNS_MAX = 20;

export const getFinding = query({
  name: "findings.get",
  access: "findings:read",
  on: "node",
  input: FindingRef,
  async run({ db, now, scope }, { id }): Promise<FindingDetail> {
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
        kernel: true,
        runtimes: true,
      },
    });
    const { evidence, params, recoveringAt, acknowledgedAt, kernel, runtimes, ...rest } = found;
    const check =
      checkById(found.checkId) ?? (await activeChecks(db)).checks.find((custom) => custom.id === found.checkId);
    const mode = await modeOf(db, found.checkId, { id: found.nodeId, pool: found.node.pool });
    const offered = mode === "observe" ? [] : repairsForCheck(found.checkId);
    const [ladder, records, runs, alsoOn] = await Promise.all([
      ladderOf(db, id, now()),
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
          isShadow: false,
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
    const words = await rowWords(db, scope, nameOf, [rest]);
    const triedOf = (repairId: string, state: string) =>
      runs.filter((run) => run.repairId === repairId && run.undoOfId === null && run.state === state).length;
    return {
      ...toFindingRow(rest, words),
      mode,
      ladder,
      kernel,
      runtimes,
      evidence: evidence as Evidence[], // written by the check
      params: params as Record<string, unknown>, // written by the check
      suggestion: check?.suggestion ?? { en: "", zh: "" },
      area: check?.area ?? "",
      needs: [...(check?.needs ?? [])],
      raiseAfterMs: check?.raiseAfterMs ?? 0,
      clearAfterMs: check?.clearAfterMs ?? 0,
      recoveringAt,
      acknowledgedAt,
      repairs: rankRepairs(
        offered.map((repair) => ({
          id: repair.id,
          title: repair.title,
          risk: repair.risk,
          hasUndo: repair.undo !== undefined,
          record: records(repair.id),
          tried: { succeeded: triedOf(repair.id, "succeeded"), failed: triedOf(repair.id, "failed") },
        })),
      ),
      runs: runs.map(({ undoOfId, ...run }) => ({
        ...run,
        requestedBy: nameOf(run.requestedBy),
        title: repairTitle(run.repairId, undoOfId !== null),
      })),
      article: await articleBody(db, articleIdOf("check", found.checkId)),
      alsoOn: alsoOn.map((other) => ({ findingId: other.id, nodeId: other.nodeId, nodeName: other.node.name })),
    };
  },
});

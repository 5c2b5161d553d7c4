// Writes checks at run time: each save is a version that never changes; a state says which version is evaluated, and how.
import { checkById } from "../../checks/index.ts";
import type { Prisma } from "../../generated/prisma/client.ts";
import { canonicalJson } from "../../protocol/canonical-json.ts";
import { toJson } from "../core/audit.ts";
import { actorRef, type Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { enqueue } from "../core/queue.ts";
import { wholeFleet } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { mutation } from "../core/verb.ts";
import { advanceRuns } from "../patrols/jobs.ts";
import { selectedIds } from "../patrols/select.ts";
import { startRun } from "../patrols/start-run.ts";
import { compileDraft } from "./compile.ts";
import { readVersion, refused, requireProof } from "./proof.ts";
import { SaveCheck, SetCustomState } from "./schema.ts";

/** Checks that may be written, and versions of one. */
const CHECKS_MAX = 200;
const VERSIONS_MAX = 500;
/** A definition with its fixtures, characters of JSON. */
const DEFINITION_CHARS_MAX = 256 * 1024;

export const saveCustomCheck = mutation({
  name: "customChecks.save",
  access: "checks:write",
  on: "fleet",
  input: SaveCheck,
  async run({ tx, actor, now }, { id, draft }) {
    if (checkById(id)) throw refused(id, "A built-in check has this id.", "该 ID 属于内置检查项。");
    const compiled = compileDraft(id, draft);
    if (!compiled.ok) {
      const [first] = compiled.errors;
      throw new AppError("invalid", `${id}: ${first?.field}: ${first?.message.en}`, {
        publicMessage: `${first?.field}: ${first?.message.en}`,
        details: { errors: compiled.errors },
        entity: ["check", id],
      });
    }
    const at = now();
    const by = { createdBy: actorRef(actor), createdByName: actor.name, createdAt: at };
    const definition = toJson(draft) as Prisma.InputJsonObject; // it was an object
    if (JSON.stringify(definition).length > DEFINITION_CHARS_MAX)
      throw refused(id, "Its fixtures are too large.", "其样例过大。");
    const known = await tx.customCheck.findUnique({ where: { id }, select: { state: true, version: true } });
    const newest = await tx.customCheckVersion.findFirst({
      where: { checkId: id },
      orderBy: { version: "desc" },
      select: { version: true, definition: true },
    });
    if (newest && canonicalJson(newest.definition) === canonicalJson(definition))
      return { result: { id, version: newest.version, isNew: false }, audit: { entity: ["check", id] } };
    const version = (newest?.version ?? 0) + 1;
    if (version > VERSIONS_MAX) throw refused(id, "It has too many versions.", "版本过多。");
    if (!known) {
      if ((await tx.customCheck.count()) >= CHECKS_MAX)
        throw refused(id, `There can be ${CHECKS_MAX} checks of one's own.`, `自定义检查项最多 ${CHECKS_MAX} 个。`);
      await tx.customCheck.create({ data: { id, state: "draft", version, updatedAt: at, ...by } });
    }
    await tx.customCheckVersion.create({ data: { checkId: id, version, definition, ...by } });
    // What is evaluated stays the version that somebody chose.
    const isIdle = known?.state === "draft" || known?.state === "retired";
    if (known) await tx.customCheck.update({ where: { id }, data: { updatedAt: at, ...(isIdle ? { version } : {}) } });
    return {
      result: { id, version, isNew: true },
      audit: { entity: ["check", id], after: { version, definition } },
      changes: [{ domain: "checks", ids: [] }],
    };
  },
});

async function nodesWithFindings(tx: Tx, checkId: string): Promise<string[]> {
  const rows = await tx.finding.findMany({
    where: { checkId, state: { not: "closed" } },
    distinct: ["nodeId"],
    select: { nodeId: true },
  });
  return rows.map(({ nodeId }) => nodeId);
}

/** Two words for one node would be one too many; to retire it is always allowed. */
async function refuseDuringRollout(tx: Tx, id: string): Promise<void> {
  const [row] = await tx.$queryRaw<{ title: string }[]>(sql`
    SELECT r.title FROM node_check c JOIN rollout r ON r.id = c.rollout_id
    WHERE c.check_id = ${id} AND c.what = 'version' AND r.phase NOT IN ('succeeded', 'rolled-back', 'aborted') LIMIT 1`);
  if (row)
    throw refused(
      id,
      `“${row.title}” brings a version of it to nodes: end that first.`,
      `“${row.title}”正在分批推进其版本，请先结束该发布。`,
    );
}

/** Makes a version count (shadow, active) or ends it (retired). Workers have it with their next look, and a look at the whole fleet begins at once. */
export const setCustomState = mutation({
  name: "customChecks.setState",
  access: "checks:write",
  on: "fleet",
  input: SetCustomState,
  async run({ tx, actor, now }, { id, version: asked, state, reason }) {
    const before = await tx.customCheck.findUnique({ where: { id }, select: { state: true, version: true } });
    if (!before)
      throw new AppError("not_found", `no custom check ${id}`, {
        publicMessage: "There is no such check.",
        entity: ["check", id],
      });
    if (checkById(id)) throw refused(id, "A built-in check has this id.", "该 ID 属于内置检查项。");
    const at = now();
    const { version, draft } = await readVersion(tx, id, state === "retired" ? before.version : asked);
    const backTest = state === "retired" ? null : await requireProof(tx, id, version, draft);
    if (backTest)
      await tx.customCheckVersion.update({
        where: { checkId_version: { checkId: id, version } },
        data: { backTest: toJson(backTest) },
        select: { version: true },
      });
    if (state !== "retired") await refuseDuringRollout(tx, id);
    await tx.customCheck.update({ where: { id }, data: { state, version, updatedAt: at }, select: { id: true } });
    await tx.$executeRaw(sql`DELETE FROM node_check WHERE check_id = ${id} AND what = 'version'`); // said for all: no node is an exception any more
    // Retired: every check of the nodes that have findings of it, which go with it.
    const isOver = state === "retired";
    const look = {
      patrolId: null,
      purpose: "on-demand" as const,
      selector: "*",
      checkIds: isOver ? [] : [id],
      nodeIds: isOver ? await nodesWithFindings(tx, id) : await selectedIds(tx, "*", wholeFleet),
      jitterMs: 0,
      by: { ref: actorRef(actor), name: actor.name },
    };
    const runId = look.nodeIds.length > 0 ? await startRun(tx, look, at) : null;
    return {
      result: { id, version, state, backTest, runId },
      audit: { entity: ["check", id], before, after: { state, version, reason, backTest } },
      changes: [{ domain: "checks", ids: [] }],
      after: async () => {
        if (runId) await enqueue(advanceRuns, { runIds: [runId] });
      },
    };
  },
});

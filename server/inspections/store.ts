// Writes what a batch of looks came to, set-based: findings, check outcomes, change hints. Runs inside evaluate.ts's transaction.
import { v7 as uuidv7 } from "uuid";
import type { Check } from "../../checks/define.ts";
import { canonicalJson } from "../../protocol/canonical-json.ts";
import { type Change, publishChanges } from "../core/changes.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { isVisible } from "../findings/schema.ts";
import type { FindingLife } from "./life.ts";
import type { CheckResult, FindingStep } from "./look.ts";

export type StoredContent = {
  severity: string;
  reason: string;
  message: unknown;
  evidence: unknown;
  params: unknown;
  causeKey: string | null;
};
export type StoredStatus = { checkId: string; status: string; reason: string; checkedAt: Date };
export type StepInput = FindingStep & { nodeId: string; check: Check | undefined; content: StoredContent | null };

/** A finding that only was seen again is written this often at most, ms. */
const SEEN_AGAIN_MS = 10_000;
/** An unchanged outcome is written this often at most, ms. */
const CHECKED_AGAIN_MS = 30_000;

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

function contentOf({ problem, check, content }: StepInput): StoredContent | null {
  if (!problem) return content;
  return {
    severity: problem.severity ?? check?.severity ?? "warning",
    reason: problem.reason,
    message: problem.message,
    evidence: problem.evidence,
    params: problem.params,
    causeKey: problem.causeKey ?? null,
  };
}

function rowOf(step: StepInput, life: FindingLife, content: StoredContent) {
  return {
    id: step.before?.id ?? uuidv7(),
    node_id: step.nodeId,
    check_id: step.checkId,
    subject: step.subject,
    live_key: life.state === "closed" ? null : liveKey(step.nodeId, step.checkId, step.subject),
    state: life.state,
    severity: content.severity,
    reason: content.reason,
    message: content.message,
    evidence: content.evidence,
    params: content.params,
    cause_key: content.causeKey,
    first_seen_at: iso(life.firstSeenAt),
    opened_at: iso(life.openedAt),
    last_seen_at: iso(life.lastSeenAt),
    recovering_at: iso(life.recoveringAt),
    closed_at: iso(life.closedAt),
    close_reason: life.closeReason,
    flap_count: life.flapCount,
  };
}

/** Unique while a finding lives, so that two evaluations can never make two of it. */
const liveKey = (nodeId: string, checkId: string, subject: string): string => `${nodeId}/${checkId}/${subject}`;

const isSame = (a: FindingLife, b: FindingLife): boolean =>
  canonicalJson({ ...a, lastSeenAt: 0 }) === canonicalJson({ ...b, lastSeenAt: 0 }) &&
  b.lastSeenAt - a.lastSeenAt < SEEN_AGAIN_MS;

/** @returns how many findings were opened and closed */
export async function storeFindings(tx: Tx, steps: readonly StepInput[]): Promise<{ opened: number; closed: number }> {
  const rows: ReturnType<typeof rowOf>[] = [];
  const dropped: string[] = [];
  const hinted: string[] = [];
  const count = { opened: 0, closed: 0 };
  for (const step of steps) {
    const { before, after } = step;
    if (!after) {
      if (before) dropped.push(before.id);
      continue;
    }
    const content = contentOf(step);
    if (!content) continue; // a life without a problem ever seen cannot be
    const isContentSame =
      before !== null && step.content !== null && canonicalJson(content) === canonicalJson(step.content);
    if (before && isContentSame && isSame(before.life, after)) continue;
    const row = rowOf(step, after, content);
    rows.push(row);
    const was = before?.life.state ?? "pending";
    if (after.openedAt !== null && was === "pending") count.opened += 1;
    if (after.state === "closed") count.closed += 1;
    const isChanged =
      was !== after.state || content.severity !== step.content?.severity || content.reason !== step.content?.reason;
    if (isChanged && (isVisible(was) || isVisible(after.state) || after.state === "closed")) hinted.push(row.id);
  }
  if (dropped.length > 0)
    await tx.$executeRaw(sql`DELETE FROM finding WHERE id = ANY(${dropped}::uuid[]) AND state = 'pending'`);
  if (rows.length > 0) {
    await tx.$executeRaw(sql`
      INSERT INTO finding (id, node_id, check_id, subject, live_key, state, severity, reason, message, evidence, params, cause_key,
        first_seen_at, opened_at, last_seen_at, recovering_at, closed_at, close_reason, flap_count)
      SELECT id, node_id, check_id, subject, live_key, state, severity, reason, message, evidence, params, cause_key,
        first_seen_at, opened_at, last_seen_at, recovering_at, closed_at, close_reason, flap_count
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(id uuid, node_id uuid, check_id text, subject text, live_key text, state text,
        severity text, reason text, message jsonb, evidence jsonb, params jsonb, cause_key text, first_seen_at timestamptz, opened_at timestamptz,
        last_seen_at timestamptz, recovering_at timestamptz, closed_at timestamptz, close_reason text, flap_count int)
      ON CONFLICT (id) DO UPDATE SET live_key = excluded.live_key, state = excluded.state, severity = excluded.severity, reason = excluded.reason,
        message = excluded.message, evidence = excluded.evidence, params = excluded.params, cause_key = excluded.cause_key,
        first_seen_at = excluded.first_seen_at, opened_at = excluded.opened_at, last_seen_at = excluded.last_seen_at,
        recovering_at = excluded.recovering_at, closed_at = excluded.closed_at, close_reason = excluded.close_reason, flap_count = excluded.flap_count
      WHERE finding.state <> 'closed'`);
  }
  if (hinted.length > 0) await publishChanges(tx, [{ domain: "findings", ids: hinted }]);
  return count;
}

/** Upserts outcomes that changed (or were not confirmed for a while) and drops those of checks that are no longer in the catalogue. */
export async function storeResults(
  tx: Tx,
  batch: readonly { nodeId: string; results: readonly CheckResult[]; stored: readonly StoredStatus[] }[],
  checkIds: readonly string[],
  now: Date,
): Promise<void> {
  const rows: { node_id: string; check_id: string; status: string; reason: string }[] = [];
  const changed = new Set<string>();
  for (const { nodeId, results, stored } of batch) {
    const byId = new Map(stored.map((row) => [row.checkId, row]));
    for (const { checkId, status, reason } of results) {
      const before = byId.get(checkId);
      const isSameStatus = before?.status === status;
      if (isSameStatus && before.reason === reason && now.getTime() - before.checkedAt.getTime() < CHECKED_AGAIN_MS)
        continue;
      rows.push({ node_id: nodeId, check_id: checkId, status, reason });
      if (!isSameStatus) changed.add(nodeId);
    }
  }
  if (rows.length > 0) {
    await tx.$executeRaw(sql`
      INSERT INTO check_status (node_id, check_id, status, reason, since, checked_at)
      SELECT node_id, check_id, status, reason, ${now}::timestamptz, ${now}::timestamptz
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(node_id uuid, check_id text, status text, reason text)
      ON CONFLICT (node_id, check_id) DO UPDATE SET
        since = CASE WHEN check_status.status = excluded.status THEN check_status.since ELSE excluded.since END,
        status = excluded.status, reason = excluded.reason, checked_at = excluded.checked_at`);
  }
  const nodeIds = batch.map(({ nodeId }) => nodeId);
  const isStale = batch.some(({ stored }) => stored.some(({ checkId }) => !checkIds.includes(checkId)));
  if (isStale) {
    await tx.$executeRaw(
      sql`DELETE FROM check_status WHERE node_id = ANY(${nodeIds}::uuid[]) AND NOT check_id = ANY(${[...checkIds]}::text[])`,
    );
  }
  const changes: Change[] = changed.size > 0 ? [{ domain: "nodes", ids: [...changed] }] : [];
  await publishChanges(tx, changes);
}

// Writes the findings of a batch of looks, set-based, with their change hints. Runs inside evaluate.ts's transaction.
import { v7 as uuidv7 } from "uuid";
import type { Check } from "../../checks/define.ts";
import { canonicalJson } from "../../protocol/canonical-json.ts";
import { toPgJson } from "../agents/pg-json.ts";
import { publishChanges } from "../core/changes.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { isVisible } from "../findings/schema.ts";
import type { FindingLife } from "./life.ts";
import type { FindingStep } from "./look.ts";

export type StoredContent = {
  severity: string;
  reason: string;
  message: unknown;
  evidence: unknown;
  params: unknown;
  causeKey: string | null;
  isShadow: boolean;
  muteId: string | null;
};
export type StepInput = FindingStep & {
  nodeId: string;
  kernel: string;
  runtimes: string;
  check: Check | undefined;
  /** As it is stored, null for a new one. */
  content: StoredContent | null;
  isShadow: boolean;
  muteId: string | null;
};

/** A finding that only was seen again is written this often at most, ms. */
const SEEN_AGAIN_MS = 10_000;

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

function contentOf({ problem, check, content, isShadow, muteId }: StepInput): StoredContent | null {
  if (!problem) return content && { ...content, isShadow, muteId };
  return {
    isShadow,
    muteId,
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
    is_shadow: content.isShadow,
    mute_id: content.muteId,
    kernel: step.kernel,
    runtimes: step.runtimes,
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
    if (after.openedAt !== null && (before?.life.openedAt ?? null) === null) count.opened += 1;
    if (after.state === "closed") count.closed += 1;
    const isChanged =
      was !== after.state ||
      content.severity !== step.content?.severity ||
      content.reason !== step.content?.reason ||
      content.muteId !== step.content?.muteId ||
      content.isShadow !== step.content?.isShadow;
    if (isChanged && !content.isShadow && (isVisible(was) || isVisible(after.state) || after.state === "closed"))
      hinted.push(row.id);
  }
  // In one order, so that two transactions never wait for each other in a circle.
  rows.sort((a, b) => (a.id < b.id ? -1 : 1));
  if (dropped.length > 0)
    await tx.$executeRaw(sql`DELETE FROM finding WHERE id = ANY(${dropped}::uuid[]) AND state = 'pending'`);
  if (rows.length > 0) {
    await tx.$executeRaw(sql`
      INSERT INTO finding (id, node_id, check_id, subject, live_key, state, severity, reason, message, evidence, params, cause_key,
        first_seen_at, opened_at, last_seen_at, recovering_at, closed_at, close_reason, flap_count, is_shadow, mute_id, kernel, runtimes)
      SELECT id, node_id, check_id, subject, live_key, state, severity, reason, message, evidence, params, cause_key,
        first_seen_at, opened_at, last_seen_at, recovering_at, closed_at, close_reason, flap_count, is_shadow, mute_id, kernel, runtimes
      FROM jsonb_to_recordset(${toPgJson(rows)}::jsonb) AS r(id uuid, node_id uuid, check_id text, subject text, live_key text, state text,
        severity text, reason text, message jsonb, evidence jsonb, params jsonb, cause_key text, first_seen_at timestamptz, opened_at timestamptz,
        last_seen_at timestamptz, recovering_at timestamptz, closed_at timestamptz, close_reason text, flap_count int, is_shadow boolean, mute_id uuid, kernel text, runtimes text)
      ON CONFLICT (id) DO UPDATE SET live_key = excluded.live_key, state = excluded.state, severity = excluded.severity, reason = excluded.reason,
        message = excluded.message, evidence = excluded.evidence, params = excluded.params, cause_key = excluded.cause_key,
        first_seen_at = excluded.first_seen_at, opened_at = excluded.opened_at, last_seen_at = excluded.last_seen_at,
        recovering_at = excluded.recovering_at, closed_at = excluded.closed_at, close_reason = excluded.close_reason, flap_count = excluded.flap_count,
        is_shadow = excluded.is_shadow, mute_id = excluded.mute_id
      WHERE finding.state <> 'closed'`);
  }
  if (hinted.length > 0) await publishChanges(tx, [{ domain: "findings", ids: hinted }]);
  return count;
}

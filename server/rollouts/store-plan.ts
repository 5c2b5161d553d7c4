// Writes a prepared plan: the rollout's row, its targets in one statement, and the first entries of its log.
import { v7 as uuidv7 } from "uuid";
import { create } from "../../rollout/step.ts";
import { toJson } from "../core/audit.ts";
import { type Actor, actorRef, type Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { drive } from "./drive.ts";
import type { Prepared } from "./prepare.ts";
import { lockRollout } from "./rows.ts";
import { skipWords } from "./skip-words.ts";

export type NewRollout = {
  title: string;
  reason: string;
  lane: "normal" | "fast";
  origin: "person" | "auto";
  templateId: string | null;
  parentId: string | null;
};

/** @returns id of the rollout, in phase planned */
export async function storePlan(
  tx: Tx,
  prepared: Prepared,
  { title, reason, lane, origin, templateId, parentId }: NewRollout,
  actor: Actor,
  now: Date,
): Promise<string> {
  const { definition, params, plan, policy, where, summary } = prepared;
  const id = uuidv7();
  const state = create();
  await tx.rollout.create({
    data: {
      id,
      title: title || summary.en,
      kind: definition.kind,
      change: toJson({ kind: definition.kind, params }),
      changeHash: prepared.changeHash,
      acts: definition.acts,
      where: toJson(where),
      selector: where.selector,
      policy: toJson(policy),
      policyHash: prepared.policyHash,
      lane,
      risk: prepared.risk,
      isReversible: prepared.isReversible,
      seed: prepared.seed,
      targetHash: plan.targetHash,
      targetCount: plan.count,
      origin,
      reason,
      phase: state.phase,
      state: toJson(state),
      requestedBy: actorRef(actor),
      requestedByName: actor.name,
      templateId,
      parentId,
      createdAt: now,
    },
    select: { id: true },
  });
  await storeTargets(tx, id, prepared, now);
  const rollout = await lockRollout(tx, id);
  if (!rollout) throw new Error(`rollout ${id} is gone`);
  const waves = plan.waves.map(({ domain, nodeIds }) => ({ domain, size: nodeIds.length, skipped: 0 }));
  await drive(
    tx,
    rollout,
    [
      {
        event: {
          type: "planned",
          at: now.getTime(),
          plan: { targetHash: plan.targetHash, waves },
          isReversible: prepared.isReversible,
        },
        actor: actorRef(actor),
      },
    ],
    now,
  );
  return id;
}

async function storeTargets(tx: Tx, id: string, { plan, byId }: Prepared, now: Date): Promise<void> {
  const rows = plan.waves.flatMap(({ domain, nodeIds }, wave) =>
    nodeIds.map((nodeId, turn) => ({ nodeId, wave, turn, domain, state: "pending", reason: "" })),
  );
  for (const [turn, { id: nodeId, reason }] of plan.skipped.entries())
    rows.push({ nodeId, wave: -1, turn, domain: "", state: "skipped", reason: JSON.stringify(skipWords[reason]) });
  const of = <T>(read: (row: (typeof rows)[number]) => T): T[] => rows.map(read);
  await tx.$executeRaw(sql`
    INSERT INTO rollout_target (rollout_id, node_id, wave, turn, domain, state, reason, health_before, finding_id, attempt, changed_at)
    SELECT ${id}::uuid, t.node_id, t.wave, t.turn, t.domain, t.state, nullif(t.reason, '')::jsonb, t.health, nullif(t.finding_id, '')::uuid, 0, ${now}::timestamptz
    FROM unnest(${of((r) => r.nodeId)}::uuid[], ${of((r) => r.wave)}::int[], ${of((r) => r.turn)}::int[], ${of((r) => r.domain)}::text[],
      ${of((r) => r.state)}::text[], ${of((r) => r.reason)}::text[], ${of((r) => byId.get(r.nodeId)?.health ?? "unknown")}::text[],
      ${of((r) => byId.get(r.nodeId)?.findingId ?? "")}::text[]) AS t(node_id, wave, turn, domain, state, reason, health, finding_id)`);
}

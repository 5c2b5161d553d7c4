// The rollout of one run on one node: a person's or the product's own repair goes the same road as everything else – budget, lease, log – in one wave.
import { changeHashOf, policyHashOf, sha256Of } from "../../changes/hashes.ts";
import type { Text } from "../../protocol/text.ts";
import type { Risk } from "../../repairs/define.ts";
import { targetText } from "../../rollout/plan.ts";
import { singlePolicy } from "../../rollout/policy.ts";
import { create } from "../../rollout/step.ts";
import type { Event } from "../../rollout/types.ts";
import { takeLeases } from "../budget/take.ts";
import { toJson } from "../core/audit.ts";
import type { Tx } from "../core/context.ts";
import { drive } from "./drive.ts";
import { lockRollout, ownerOf } from "./rows.ts";
import { Where } from "./schema.ts";

export type SingleRun = {
  rolloutId: string;
  runId: string;
  nodeId: string;
  repairId: string;
  checkId: string | null;
  findingId: string | null;
  title: Text;
  risk: Risk;
  reason: string;
  requestedBy: string;
  requestedByName: string;
  /** The product started it by itself. */
  isAutomatic: boolean;
};

const OVER: Text = { en: "Its rollout is over.", zh: "其发布已结束。" };
const HELD: Text = { en: "The node is in somebody else's hands.", zh: "节点正由他人占用。" };

/** Writes the rollout of a run that is about to be created; it waits until `beginSingle`. */
export async function planSingle(tx: Tx, run: SingleRun, now: Date): Promise<void> {
  const { rolloutId: id, nodeId, repairId, checkId, risk, reason, requestedBy, requestedByName } = run;
  const policy = singlePolicy();
  const state = create();
  const targetHash = sha256Of(targetText([nodeId]));
  const change = { kind: "repair", params: { repairId, checkId: checkId ?? "" } };
  await tx.rollout.create({
    data: {
      id,
      title: run.title.en,
      kind: change.kind,
      change: toJson(change),
      changeHash: changeHashOf(change),
      acts: "on-sick",
      where: toJson(Where.parse({ nodes: [nodeId], checkId })),
      policy: toJson(policy),
      policyHash: policyHashOf(policy),
      risk,
      isReversible: false,
      seed: id,
      targetHash,
      targetCount: 1,
      origin: "single",
      reason,
      phase: state.phase,
      state: toJson(state),
      requestedBy,
      requestedByName,
      createdAt: now,
      targets: {
        create: {
          nodeId,
          wave: 0,
          turn: 0,
          state: "pending",
          healthBefore: "sick",
          findingId: run.findingId,
          changedAt: now,
        },
      },
    },
    select: { id: true },
  });
  const waves = [{ domain: "", size: 1, skipped: 0 }];
  await take(
    tx,
    id,
    [{ type: "planned", at: now.getTime(), plan: { targetHash, waves }, isReversible: false }],
    requestedBy,
    now,
  );
}

async function take(tx: Tx, id: string, events: readonly Event[], actor: string, now: Date): Promise<void> {
  const rollout = await lockRollout(tx, id);
  if (!rollout) throw new Error(`rollout ${id} is gone`);
  await drive(
    tx,
    rollout,
    events.map((event) => ({ event, actor })),
    now,
    { isDeferred: true },
  );
}

/**
 * The run leaves the waiting: its node is taken within the budget, in this very transaction.
 * @returns null when it may go, else the sum that speaks against it
 */
export async function beginSingle(
  tx: Tx,
  { rolloutId, runId, nodeId, isAutomatic }: Pick<SingleRun, "rolloutId" | "runId" | "nodeId" | "isAutomatic">,
  now: Date,
): Promise<Text | null> {
  const rollout = await lockRollout(tx, rolloutId);
  if (rollout?.state.phase !== "planned") return OVER;
  const node = await tx.node.findUniqueOrThrow({
    where: { id: nodeId },
    select: { pool: true, zone: true, state: true },
  });
  const isSick = node.state === "unhealthy" || node.state === "not_reporting";
  const { requestedBy, requestedByName, reason, targetHash } = rollout;
  const holder = {
    kind: "action" as const,
    owner: ownerOf(rolloutId),
    ownerName: requestedByName,
    reason: reason || rollout.title,
    expiresAt: null,
    isAutomatic,
    onBehalfOf: requestedBy,
  };
  const { taken, sum } = await takeLeases(tx, [{ nodeId, pool: node.pool, domain: node.zone, isSick }], holder, now);
  if (taken.length === 0) return sum ?? (await heldWords(tx, nodeId));
  await tx.rolloutTarget.updateMany({
    where: { rolloutId, nodeId, state: "pending" },
    data: { state: "applying", runId, attempt: 1, changedAt: now },
  });
  const at = now.getTime();
  const events: Event[] = [
    { type: "approved", at, targetHash, by: [requestedBy] },
    { type: "start", at, live: { targetHash, count: 1, missing: 0 }, by: requestedByName },
    { type: "moved", at, moves: [{ wave: 0, from: "pending", to: "applying", n: 1 }] },
  ];
  await take(tx, rolloutId, events, requestedBy, now);
  return null;
}

async function heldWords(tx: Tx, nodeId: string): Promise<Text> {
  const lease = await tx.lease.findUnique({ where: { activeKey: nodeId }, select: { ownerName: true, reason: true } });
  if (!lease) return HELD;
  const by = [lease.ownerName, lease.reason].filter(Boolean).join(": ");
  return { en: `${HELD.en.slice(0, -1)} (${by}).`, zh: `${HELD.zh.slice(0, -1)}（${by}）。` };
}

// Private to the rollouts domain: a row as the engine's state and back, and what lists read of it.
import type { Prisma } from "../../generated/prisma/client.ts";
import { totals } from "../../rollout/counts.ts";
import { dueAt } from "../../rollout/step.ts";
import type { Counts, Policy, State } from "../../rollout/types.ts";
import { toJson } from "../core/audit.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { type ChangeInput, Where } from "./schema.ts";

/** While nodes are under way or somebody is waited for, it is looked at again after so long, ms: a lost job holds nothing up for longer. */
const LOOK_AGAIN_MS = 5_000;
/** What waits for approval is looked at so often, ms: its end is told, by the signature or by its run; this makes up for a lost job. */
const WAITING_MS = 300_000;
/** What the product began by itself, and paused, is given up after so long, ms: it would hold its nodes, and every further repair of that check, for ever. */
export const STANDS_MS = 24 * 3_600_000;

export const rolloutColumns = {
  id: true,
  title: true,
  kind: true,
  change: true,
  acts: true,
  where: true,
  selector: true,
  policy: true,
  lane: true,
  risk: true,
  isReversible: true,
  seed: true,
  changeHash: true,
  policyHash: true,
  targetHash: true,
  targetCount: true,
  origin: true,
  reason: true,
  state: true,
  judge: true,
  statement: true,
  approveBy: true,
  requestedBy: true,
  requestedByName: true,
  startedAt: true,
  createdAt: true,
  approvedAt: true,
  dueAt: true,
  version: true,
} as const satisfies Prisma.RolloutSelect;

type Raw = Prisma.RolloutGetPayload<{ select: typeof rolloutColumns }>;
export type Loaded = Omit<Raw, "state" | "policy" | "change" | "where"> & {
  state: State;
  policy: Policy;
  change: ChangeInput;
  where: Where;
};

/** Written by us, from values of these very types. */
export const toLoaded = ({ state, policy, change, where, ...raw }: Raw): Loaded => ({
  ...raw,
  state: state as unknown as State,
  policy: policy as unknown as Policy,
  change: change as unknown as ChangeInput,
  where: Where.parse(where),
});

/** Reads a rollout and keeps everybody else from it until the transaction ends; null when there is none. */
export async function lockRollout(tx: Tx, id: string): Promise<Loaded | null> {
  await tx.$queryRaw(sql`SELECT id FROM rollout WHERE id = ${id}::uuid FOR UPDATE`);
  const row = await tx.rollout.findUnique({ where: { id }, select: rolloutColumns });
  return row && toLoaded(row);
}

/** Owner of the leases of a rollout. */
export const ownerOf = (id: string): string => `rollout:${id}`;

const date = (at: number | null): Date | null => (at === null ? null : new Date(at));

/** When somebody has to look at it again, without being told; null: not before a person does something. */
function lookAt({ state, policy, approveBy, origin }: Projected, now: Date): Date | null {
  const at = now.getTime();
  if (state.phase === "planned")
    return new Date(Math.min(approveBy?.getTime() ?? Number.POSITIVE_INFINITY, at + WAITING_MS));
  if (state.phase === "approved") return new Date(at + WAITING_MS); // its nodes are watched as they are without the change
  const isLeft = state.phase === "paused" && origin === "auto";
  const due = isLeft ? (state.heardAt ?? at) + STANDS_MS : dueAt(state, policy);
  // A tick that changed nothing is not in the state: the next is a period from now.
  const next = due === null ? Number.POSITIVE_INFINITY : due > at ? due : at + policy.judgeEveryMs;
  const { applying, reverting } = totals(state);
  const isWatched = applying + reverting > 0 || state.gate?.kind === "webhook";
  const look = isWatched ? Math.min(next, at + LOOK_AGAIN_MS) : next;
  return Number.isFinite(look) ? new Date(look) : null;
}

type Projected = Pick<Loaded, "state" | "policy" | "approveBy" | "origin">;

/** Columns that lists read, of a state. */
export function projection(rollout: Projected, now: Date) {
  const { state } = rollout;
  return {
    state: toJson(state),
    phase: state.phase,
    stage: state.stage,
    wave: state.wave,
    waveCount: state.waves.length,
    counts: toJson(totals(state)),
    startedAt: date(state.startedAt),
    endedAt: date(state.endedAt),
    dueAt: lookAt(rollout, now),
  };
}

export const targetStates = [
  "pending",
  "applying",
  "applied",
  "failed",
  "skipped",
  "reverting",
  "reverted",
  "revertFailed",
] as const satisfies readonly (keyof Counts)[];

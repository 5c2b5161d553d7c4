// The log of a rollout: every event that the engine took in with what it decided, chained by hash. Replaying it gives the same state.
import { createHash } from "node:crypto";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { canonicalJson } from "../../protocol/canonical-json.ts";
import { create, step } from "../../rollout/step.ts";
import type { Effect, Event, Phase, Policy, State } from "../../rollout/types.ts";
import { toJson } from "../core/audit.ts";
import type { Tx } from "../core/context.ts";

export type LogEntry = {
  seq: number;
  at: Date;
  type: string;
  actor: string;
  event: Event;
  effects: readonly Effect[];
  phase: Phase;
};

/** What the first entry of a rollout is chained to. */
const ROOT = "0".repeat(64);

/** sha-256 (hex) over the hash before and the entry's canonical JSON. */
export function hashOf(before: string, { seq, at, actor, event, effects, phase }: Omit<LogEntry, "type">): string {
  const text = canonicalJson({ seq, at: at.getTime(), actor, event, effects, phase });
  return createHash("sha256").update(before).update(text).digest("hex");
}

/** Adds entries behind the last one. The rollout's row must be locked. */
export async function appendLog(tx: Tx, rolloutId: string, entries: readonly Omit<LogEntry, "seq">[]): Promise<void> {
  if (entries.length === 0) return;
  const last = await tx.rolloutEvent.findFirst({
    where: { rolloutId },
    orderBy: { seq: "desc" },
    select: { seq: true, hash: true },
  });
  let hash = last?.hash ?? ROOT;
  let seq = last?.seq ?? 0;
  const data = entries.map((entry) => {
    seq += 1;
    // Times are kept to the ms: what is hashed is what a reader gets back.
    const whole = { ...entry, seq, at: new Date(entry.at.getTime()) };
    hash = hashOf(hash, whole);
    return { rolloutId, ...whole, event: toJson(entry.event), effects: toJson(entry.effects), hash };
  });
  await tx.rolloutEvent.createMany({ data });
}

/** The whole log, oldest first, and whether nobody has touched it since. */
export async function readLog(
  db: PrismaClient | Tx,
  rolloutId: string,
): Promise<{ entries: (LogEntry & { hash: string })[]; isWhole: boolean }> {
  const rows = await db.rolloutEvent.findMany({
    where: { rolloutId },
    orderBy: { seq: "asc" },
    select: { seq: true, at: true, type: true, actor: true, event: true, effects: true, phase: true, hash: true },
  });
  // Written by us, from values of these very types.
  const entries = rows.map((row) => row as unknown as LogEntry & { hash: string });
  let before = ROOT;
  const isWhole = entries.every((entry, index) => {
    const isRight = entry.seq === index + 1 && entry.type === entry.event.type && hashOf(before, entry) === entry.hash;
    before = entry.hash;
    return isRight;
  });
  return { entries, isWhole };
}

/** The state that these events lead to. */
export const replay = (entries: readonly Pick<LogEntry, "event">[], policy: Policy): State =>
  entries.reduce((state, { event }) => step(state, event, policy).state, create());

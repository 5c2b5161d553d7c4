// What rollouts did with one node, as its time line tells it: planned or left out, changed, skipped, failed, taken back; each leads to the rollout.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import type { Scope } from "../core/scope.ts";
import type { TimelineEvent } from "./schema.ts";

type Target = {
  wave: number;
  state: string;
  reason: unknown;
  changedAt: Date;
  appliedAt: Date | null;
  rollout: { id: string; title: string; waveCount: number; requestedByName: string; createdAt: Date };
};

type Told = Pick<TimelineEvent, "severity" | "title">;

const told = (severity: TimelineEvent["severity"], en: string, zh: string): Told => ({ severity, title: { en, zh } });

/** How a target stands now, where that is something that happened to its node. `applied` is told by the time at which it was. */
function standing(state: string, title: string): Told | null {
  switch (state) {
    case "skipped":
      return told("info", `Skipped by rollout “${title}”`, `被发布“${title}”跳过`);
    case "failed":
      return told("warning", `Rollout “${title}” failed here`, `发布“${title}”在此节点失败`);
    case "reverted":
      return told("warning", `Rollout “${title}” was taken back`, `发布“${title}”已在此节点回滚`);
    case "revertFailed":
      return told("critical", `Rollout “${title}” could not be taken back`, `发布“${title}”未能在此节点回滚`);
    default:
      return null;
  }
}

/** A stored reason is {en, zh} written by us; old rows may hold more beside it. */
function reasonOf(reason: unknown): Text {
  const { en, zh } = (reason ?? {}) as Partial<Text>;
  return { en: en ?? "", zh: zh ?? en ?? "" };
}

/** Events of one target, in no order. Pure. */
export function eventsOf({ wave, state, reason, changedAt, appliedAt, rollout }: Target): TimelineEvent[] {
  const { id, title, waveCount, requestedByName, createdAt } = rollout;
  const base = { kind: "rollout" as const, href: `/rollouts/${id}` };
  const why = reasonOf(reason);
  if (wave < 0) {
    const leftOut = told("info", `Left out of rollout “${title}”`, `未纳入发布“${title}”`);
    return [{ ...base, ...leftOut, id: `${id}-left-out`, at: createdAt, detail: why }];
  }
  const events: TimelineEvent[] = [
    {
      ...base,
      ...told("info", `Planned for rollout “${title}”`, `已纳入发布“${title}”`),
      id: `${id}-planned`,
      at: createdAt,
      detail: {
        en: `wave ${wave + 1} of ${waveCount}, asked for by ${requestedByName}`,
        zh: `第 ${wave + 1} 批，共 ${waveCount} 批；由 ${requestedByName} 发起`,
      },
    },
  ];
  if (appliedAt) {
    const changed = told("ok", `Changed by rollout “${title}”`, `已由发布“${title}”变更`);
    const detail = { en: `wave ${wave + 1}`, zh: `第 ${wave + 1} 批` };
    events.push({ ...base, ...changed, id: `${id}-applied`, at: appliedAt, detail });
  }
  const now = standing(state, title);
  if (now) events.push({ ...base, ...now, id: `${id}-${state}`, at: changedAt, detail: why });
  return events;
}

/** Events before `at`, at most some more than `take` of them. Single repairs are told as repairs. */
export async function rolloutEvents(
  db: PrismaClient,
  nodeId: string,
  scope: Scope,
  { at, take }: { at: { lt: Date }; take: number },
): Promise<TimelineEvent[]> {
  const targets = await db.rolloutTarget.findMany({
    where: { nodeId, node: scope.where, rollout: { origin: { not: "single" }, createdAt: at } },
    orderBy: { rollout: { createdAt: "desc" } },
    take,
    select: {
      wave: true,
      state: true,
      reason: true,
      changedAt: true,
      appliedAt: true,
      rollout: { select: { id: true, title: true, waveCount: true, requestedByName: true, createdAt: true } },
    },
  });
  return targets.flatMap(eventsOf).filter((event) => event.at < at.lt);
}

// What stops a rollout without anybody pressing a button: the fleet is frozen, or whoever it runs for may not do so any more. Asked before every tick.
import type { Text } from "../../protocol/text.ts";
import { holderOf, mayOnAll } from "../approvals/persons.ts";
import type { Tx } from "../core/context.ts";
import { isFrozen, standingFreeze } from "../freeze/frozen.ts";
import type { Given } from "./drive.ts";
import type { Loaded } from "./rows.ts";

const WORKERS = "system:workers";

/** The event that stops it now; null while nothing speaks against its going on. */
export async function stopOf(tx: Tx, rollout: Loaded, now: Date): Promise<Given | null> {
  const at = now.getTime();
  if (await isFrozen(tx)) {
    const freeze = await standingFreeze(tx);
    const why = {
      en: `The fleet is frozen: ${freeze?.reason ?? ""}`.trim(),
      zh: `机群已冻结：${freeze?.reason ?? ""}`,
    };
    return { event: { type: "freeze", at, why }, actor: freeze?.setBy ?? WORKERS };
  }
  if (await mayRun(tx, rollout, now)) return null;
  return { event: { type: "pause", at, by: WORKERS, why: noRight(rollout.requestedByName) }, actor: WORKERS };
}

const noRight = (name: string): Text => ({
  en: `${name} may not run rollouts on these nodes any more; whoever resumes it takes it over.`,
  zh: `${name} 已无权在这些节点上执行发布；由恢复它的人接手。`,
});

/** Whether the person it runs for may still do so, on all of its nodes. One run's rights are asked with the run itself (repairs/advance.ts). */
export async function mayRun(
  tx: Tx,
  { id, origin, requestedBy }: Pick<Loaded, "id" | "origin" | "requestedBy">,
  now: Date,
): Promise<boolean> {
  if (origin === "single") return true;
  const holder = await holderOf(tx, requestedBy, now);
  return holder !== null && mayOnAll(tx, holder, "rollouts:run", id);
}

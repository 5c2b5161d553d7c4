// When a patrol runs next, and when in its window each node has its turn. Pure: the clock comes in.
import { Cron } from "croner";
import type { Text } from "../../protocol/text.ts";
import { INTERVAL_MIN_MS, type Trigger } from "./schema.ts";

/**
 * The next time after `from`; null when the clock has no say in it.
 * An interval counts from `anchor` on, so that a late run does not push all that follow; a cron expression is read in its time zone: a time that
 * daylight saving leaves out runs right after the gap, one that comes twice runs once.
 * @param anchor when the patrol was made
 */
export function nextRunAt(trigger: Trigger, anchor: Date, from: Date): Date | null {
  switch (trigger.type) {
    case "interval": {
      const passed = Math.max(0, from.getTime() - anchor.getTime());
      return new Date(anchor.getTime() + (Math.floor(passed / trigger.everyMs) + 1) * trigger.everyMs);
    }
    case "cron":
      return cronOf(trigger.expression, trigger.timeZone).nextRun(from);
    case "change":
    case "manual":
      return null;
  }
}

const cronOf = (expression: string, timeZone: string): Cron =>
  new Cron(expression, { timezone: timeZone, mode: "5-part", paused: true });

/** What is wrong with a trigger; null when nothing is. */
export function triggerError(trigger: Trigger, now: Date): Text | null {
  if (trigger.type !== "cron") return null;
  if (!isTimeZone(trigger.timeZone))
    return { en: `There is no time zone "${trigger.timeZone}".`, zh: `没有时区 "${trigger.timeZone}"。` };
  try {
    const cron = cronOf(trigger.expression, trigger.timeZone);
    const [first, second] = cron.nextRuns(2, now);
    if (!first) return { en: "This expression names no time that comes.", zh: "该表达式不对应任何将来的时间。" };
    // Five fields cannot say less than a minute; held against the day that they could.
    if (second && second.getTime() - first.getTime() < INTERVAL_MIN_MS)
      return { en: "Once a minute is the most.", zh: "最短间隔为一分钟。" };
    return null;
  } catch (err) {
    const said = err instanceof Error ? err.message : String(err);
    return {
      en: `This is no cron expression of five fields: ${said}`,
      zh: `不是有效的五段 cron 表达式：${said}`,
    };
  }
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false; // that is how Intl says it
  }
}

/**
 * A node's place in a window, ms from its beginning: the same every time, and nodes lie evenly whatever their ids are like (FNV-1a, then mixed).
 */
export function offsetOf(nodeId: string, windowMs: number): number {
  if (windowMs <= 0) return 0;
  let hash = 0x811c9dc5;
  for (let i = 0; i < nodeId.length; i += 1) hash = Math.imul(hash ^ nodeId.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return Math.floor((((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * windowMs);
}

/** Nodes in the order of their turns. */
export function inTurn(nodeIds: readonly string[], windowMs: number): string[] {
  const ids = [...nodeIds].sort();
  if (windowMs <= 0) return ids;
  return ids
    .map((id) => ({ id, at: offsetOf(id, windowMs) }))
    .sort((a, b) => a.at - b.at)
    .map(({ id }) => id);
}

/** How many of the next nodes have their turn by now: they are in the order of `inTurn`. */
export function readyCount(next: readonly string[], windowMs: number, elapsedMs: number): number {
  if (windowMs <= 0) return next.length;
  const notYet = next.findIndex((id) => offsetOf(id, windowMs) > elapsedMs);
  return notYet === -1 ? next.length : notYet;
}

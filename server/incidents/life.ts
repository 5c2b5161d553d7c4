// The life of an incident, decided purely: how many nodes stand under it now, and the clock → whether it opens, goes on or closes. settle.ts stores it.

/** One whose nodes became too few closes after this, ms: a moment between two looks ends nothing. */
export const CLOSE_AFTER_MS = 2 * 60_000;
/** One that is back within this of its close is the same, ms. Editorial: as long as a rollout or a reboot of what it is about. */
export const REOPEN_WITHIN_MS = 60 * 60_000;

/** @param needed nodes that make a cause shared */
export function isShared(nodeCount: number, needed: number): boolean {
  return nodeCount >= needed;
}

/**
 * Whether an open incident is over. A single node that is left has a trouble of its own, and its repair must not wait for ever.
 * @param lastSharedAt when it last had as many nodes as it takes, epoch ms
 */
export function isIncidentOver(nodeCount: number, lastSharedAt: number, now: number): boolean {
  if (nodeCount === 0) return true;
  return nodeCount < 2 && now - lastSharedAt >= CLOSE_AFTER_MS;
}

/** Whether a closed one opens again instead of a new one. */
export const isSameAgain = (closedAt: number, now: number): boolean => now - closedAt <= REOPEN_WITHIN_MS;

// Which span of time the charts show when nobody chose one. Pure.

/** Spans offered, hours. */
export const ranges = [1, 6, 24, 168] as const;
export type Range = (typeof ranges)[number];

/** The span that a node's own history fills: a node that joined ten minutes ago would be a sliver in a day. */
export function chooseRange(enrolledAt: Date, now: number): Range {
  const hours = (now - enrolledAt.getTime()) / 3_600_000;
  if (hours < 2) return 1;
  return hours < 12 ? 6 : 24;
}

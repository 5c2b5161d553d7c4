// Text that expressions made, as it may be kept: PostgreSQL knows no NUL and no half of a character, and a cut must not make one. Pure.

/** At most `max` characters, the last one "…" when something was left out. */
export function cutText(text: string, max: number): string {
  const clean = text.replaceAll("\0", "\uFFFD").toWellFormed();
  if (clean.length <= max) return clean;
  const isHalf = (clean.charCodeAt(max - 2) & 0xfc00) === 0xd800;
  return `${clean.slice(0, isHalf ? max - 2 : max - 1)}…`;
}

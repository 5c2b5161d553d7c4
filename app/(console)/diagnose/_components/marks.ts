// A text cut where evidence begins and ends, so that it can be shown with marks. Pure.
import type { Place } from "../../../../server/diagnosis/schema.ts";

/** `cause`: place of the cause in the answer whose evidence it is; null for plain text. */
export type Piece = { start: number; text: string; cause: number | null };

/** Lines shown around evidence of a long text. */
const AROUND_LINES = 3;
/** Texts with fewer lines are shown whole. */
const WHOLE_LINES = 60;

/** Pieces of the text in their order. Where evidence overlaps, that of the likelier cause is marked. */
export function piecesOf(text: string, evidence: readonly (readonly Place[])[]): Piece[] {
  const marks = evidence
    .flatMap((places, cause) => places.map((place) => ({ ...place, cause })))
    .filter(({ start, end }) => start >= 0 && end <= text.length && start < end);
  const taken: typeof marks = [];
  for (const mark of marks) if (!taken.some((one) => mark.start < one.end && one.start < mark.end)) taken.push(mark);
  taken.sort((a, b) => a.start - b.start);
  const pieces: Piece[] = [];
  let at = 0;
  for (const { start, end, cause } of taken) {
    if (start > at) pieces.push({ start: at, text: text.slice(at, start), cause: null });
    pieces.push({ start, text: text.slice(start, end), cause });
    at = end;
  }
  if (at < text.length) pieces.push({ start: at, text: text.slice(at), cause: null });
  return pieces;
}

/** Ranges of lines that are shown of a long text: those around evidence, the beginning where there is none. All of a short one. */
export function shownRanges(text: string, evidence: readonly (readonly Place[])[]): Place[] {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  if (starts.length <= WHOLE_LINES) return [{ start: 0, end: text.length }];
  const lineOf = (position: number): number => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  const places = evidence.flat();
  if (places.length === 0) return [{ start: 0, end: starts[WHOLE_LINES] ?? text.length }];
  const lines = places
    .map(({ start, end }) => [lineOf(start) - AROUND_LINES, lineOf(end) + AROUND_LINES + 1] as const)
    .sort(([a], [b]) => a - b);
  const ranges: Place[] = [];
  for (const [from, to] of lines) {
    const start = starts[Math.max(0, from)] ?? 0;
    const end = starts[to] ?? text.length;
    const last = ranges.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else ranges.push({ start, end });
  }
  return ranges;
}

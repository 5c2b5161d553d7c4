// A recording as an asciicast (version 2, docs.asciinema.org/manual/asciicast/v2): a line for the head, a line for each thing printed. Pure, client-safe.

export type Printed = { atMs: number; data: Uint8Array };

/** @param recording pieces in order; a character that two of them share is put together */
export function toCast(
  head: { cols: number; rows: number; at: Date | null; title: string },
  recording: readonly Printed[],
): string {
  const decoder = new TextDecoder();
  const first = {
    ...{ version: 2, width: head.cols, height: head.rows, title: head.title },
    ...(head.at ? { timestamp: Math.floor(head.at.getTime() / 1_000) } : {}),
  };
  const lines = [JSON.stringify(first)];
  for (const { atMs, data } of recording) {
    const text = decoder.decode(data, { stream: true });
    if (text !== "") lines.push(JSON.stringify([atMs / 1_000, "o", text]));
  }
  return `${lines.join("\n")}\n`;
}

/** Longest pause of a replay, ms: nobody watches somebody think. */
const PAUSE_MAX_MS = 1_500;

/** The recording with long pauses cut down, and how long it plays, ms. */
export function toReplay(recording: readonly Printed[]): { pieces: Printed[]; lengthMs: number } {
  let at = 0;
  let before = 0;
  const pieces = recording.map(({ atMs, data }) => {
    at += Math.min(Math.max(0, atMs - before), PAUSE_MAX_MS);
    before = Math.max(before, atMs);
    return { atMs: at, data };
  });
  return { pieces, lengthMs: at };
}

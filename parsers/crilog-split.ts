// What a container writes → the entries a CRI runtime logs: one per line, long lines cut. Explains how a message came to be split.

/** containerd's `max_container_log_line_size` when nothing is configured. */
export const CRI_LINE_BYTES_MAX = 16_384;

/** One entry of a CRI log; P means that the message goes on in the next entry of the stream. */
export interface CriEntry {
  tag: "F" | "P";
  content: Uint8Array;
}

const LF = 0x0a;
const CR = 0x0d;

/**
 * Cuts a stream's bytes into entries of at most `lineBytesMax` (0 or less: no limit). The line feed, and a carriage return before it, are
 * dropped. What has no line feed at the end of the stream is partial.
 */
export function splitToCri(bytes: Uint8Array, lineBytesMax: number = CRI_LINE_BYTES_MAX): CriEntry[] {
  const step = lineBytesMax > 0 ? lineBytesMax : Number.POSITIVE_INFINITY;
  const entries: CriEntry[] = [];
  for (let start = 0; start < bytes.length; ) {
    const feed = bytes.indexOf(LF, start);
    const isWhole = feed !== -1;
    let end = isWhole ? feed : bytes.length;
    const next = end + 1;
    if (isWhole && end > start && bytes[end - 1] === CR) end--;
    for (; end - start > step; start += step) entries.push({ tag: "P", content: bytes.subarray(start, start + step) });
    entries.push({ tag: isWhole ? "F" : "P", content: bytes.subarray(start, end) });
    start = next;
  }
  return entries;
}

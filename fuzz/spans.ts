// Where the values of a sample lie: mutations replace, repeat, swap or drop whole values, so that most inputs get past the outer syntax.

/** Half-open range of one value (with its key, for `isPair`). */
export type Span = { start: number; end: number; isPair: boolean };

const JSON_TOKEN = /\s+|"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gy;

/** Spans of every value and every key-value pair of a JSON text; empty when it is not JSON. */
export function jsonSpans(text: string): Span[] {
  const spans: Span[] = [];
  const open: { start: number; key: number | null }[] = [];
  let key: number | null = null;
  let last: { start: number; end: number } | null = null;
  const close = (start: number, end: number) => {
    spans.push({ start, end, isPair: false });
    if (key !== null) spans.push({ start: key, end, isPair: true });
    key = null;
  };
  for (const { 0: token, index } of text.matchAll(JSON_TOKEN)) {
    const end = index + token.length;
    if (token === "{" || token === "[") {
      open.push({ start: index, key });
      key = null;
      last = null;
    } else if (token === "}" || token === "]") {
      if (last) close(last.start, last.end);
      const outer = open.pop();
      key = outer?.key ?? null;
      last = outer ? { start: outer.start, end } : null;
    } else if (token === ":") {
      key = last?.start ?? null;
      last = null;
    } else if (token === ",") {
      if (last) close(last.start, last.end);
      last = null;
    } else if (token.trim() !== "") last = { start: index, end };
  }
  if (last) close(last.start, last.end);
  return spans;
}

const SIZED: Record<number, number> = { 196: 1, 197: 2, 198: 4, 217: 1, 218: 2, 219: 4 };
const FIXED: Record<number, number> = {
  202: 4,
  203: 8,
  204: 1,
  205: 2,
  206: 4,
  207: 8,
  208: 1,
  209: 2,
  210: 4,
  211: 8,
};

/** The same of a MessagePack document as our own codec writes it (no extensions). */
export function msgpackSpans(bytes: Uint8Array): Span[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const spans: Span[] = [];
  const number = (at: number, width: number) =>
    width === 1 ? view.getUint8(at) : width === 2 ? view.getUint16(at) : view.getUint32(at);
  const items = (at: number, count: number, isMap: boolean): number => {
    let pos = at;
    for (let i = 0; i < count; i++) {
      const start = pos;
      pos = value(pos);
      if (!isMap) continue;
      pos = value(pos);
      spans.push({ start, end: pos, isPair: true });
    }
    return pos;
  };
  const endOf = (at: number, token: number): number => {
    const next = at + 1;
    if (token >= 0x80 && token < 0x90) return items(next, token & 15, true);
    if (token >= 0x90 && token < 0xa0) return items(next, token & 15, false);
    if (token >= 0xa0 && token < 0xc0) return next + (token & 31);
    if (token === 0xdc || token === 0xde) return items(next + 2, number(next, 2), token === 0xde);
    if (token === 0xdd || token === 0xdf) return items(next + 4, number(next, 4), token === 0xdf);
    const width = SIZED[token];
    return width ? next + width + number(next, width) : next + (FIXED[token] ?? 0);
  };
  function value(start: number): number {
    const end = endOf(start, view.getUint8(start));
    spans.push({ start, end, isPair: false });
    return end;
  }
  value(0);
  return spans;
}

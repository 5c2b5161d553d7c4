// Recordings as files and as replays: nothing is lost or torn, and pauses are cut.
import fc from "fast-check";
import { expect, test } from "vitest";
import { toCast, toReplay } from "./asciicast.ts";

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const head = { cols: 80, rows: 24, at: new Date(1_700_000_000_500), title: "web on lab-1" };
const linesOf = (cast: string) =>
  cast
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

test("a head and a line for each piece", () => {
  const [first, ...rest] = linesOf(toCast(head, [{ atMs: 1_250, data: bytes("# ls\r\n") }]));
  expect(first).toEqual({ version: 2, width: 80, height: 24, title: "web on lab-1", timestamp: 1_700_000_000 });
  expect(rest).toEqual([[1.25, "o", "# ls\r\n"]]);
});

test("text comes out as it went in, wherever it was cut", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 7 }), (text, size) => {
      const all = bytes(text);
      const recording = [];
      for (let at = 0; at < all.length; at += size) recording.push({ atMs: at, data: all.subarray(at, at + size) });
      const [, ...rest] = linesOf(toCast(head, recording));
      // A mark of the byte order at the very start is none of the text's.
      expect(rest.map(([, , part]) => part).join("")).toBe(
        Buffer.from(all)
          .toString("utf8")
          .replace(/^\uFEFF/, ""),
      );
    }),
  );
});

test("long pauses are cut, short ones stay, and time never goes back", () => {
  const { pieces, lengthMs } = toReplay([0, 500, 60_500, 60_400, 60_700].map((atMs) => ({ atMs, data: bytes("x") })));
  expect(pieces.map(({ atMs }) => atMs)).toEqual([0, 500, 2_000, 2_000, 2_200]);
  expect(lengthMs).toBe(2_200);
});

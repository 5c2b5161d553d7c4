import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { containerLogParser, parseCriLine, parseDockerJsonLine, rfc3339Nanos } from "./crilog.ts";
import { type ReadLogsOptions, readContainerLog } from "./crilog-read.ts";
import { splitToCri } from "./crilog-split.ts";

const T = "2026-03-01T08:00:00.5Z";

describe("instants", () => {
  test.each([
    ["1970-01-01T00:00:00Z", 0n],
    ["1970-01-01T00:00:01.000000001Z", 1_000_000_001n],
    ["1970-01-01T01:00:00.1234567899+01:00", 123_456_789n],
    ["1969-12-31T23:59:59.9Z", -100_000_000n],
    ["2024-02-29T00:00:00-00:30", 1_709_166_600_000_000_000n],
  ])("%s", (text, nanos) => expect(rfc3339Nanos(text)).toBe(nanos));

  test.each([
    "2023-02-29T00:00:00Z",
    "2023-13-01T00:00:00Z",
    "2023-01-01T24:00:00Z",
    "2023-01-01 00:00:00Z",
    "2023-01-01T00:00:00",
    "",
  ])("%j is none", (text) => expect(rfc3339Nanos(text)).toBeNull());
});

describe("CRI lines", () => {
  test.each([
    ["full", `${T} stdout F hello world\n`, { stream: "stdout", log: "hello world\n", partial: false }],
    ["partial", `${T} stderr P hel\n`, { stream: "stderr", log: "hel", partial: true }],
    ["further tags", `${T} stdout P:x:y hel\n`, { stream: "stdout", log: "hel", partial: true }],
    ["an unknown tag", `${T} stdout Z hello\n`, { stream: "stdout", log: "hello\n", partial: false }],
    ["an empty message", `${T} stdout F \n`, { stream: "stdout", log: "\n", partial: false }],
    ["blanks of its own", `${T} stdout F   a  b `, { stream: "stdout", log: "  a  b ", partial: false }],
  ])("%s", (_, line, expected) => expect(parseCriLine(line)).toEqual({ timestamp: T, ...expected }));

  test.each(["", "hello", `${T} stdout F`, `${T} stdin F x\n`, "yesterday stdout F x\n", `${T}  stdout F x\n`])(
    "%j is none",
    (line) => expect(parseCriLine(line)).toBeNull(),
  );
});

describe("docker json lines", () => {
  test("reads what Docker writes, also with fields left out", () => {
    const line = JSON.stringify({ log: "a\n", stream: "stderr", attrs: { tag: "x" }, time: T });
    expect(parseDockerJsonLine(`${line}\n`)).toEqual({ timestamp: T, stream: "stderr", log: "a\n", partial: false });
    expect(parseDockerJsonLine(`{"time":"${T}"}`)).toEqual({ timestamp: T, stream: "", log: "", partial: false });
  });

  test.each(["", "{", "[]", "null", '{"log":"a"}', `{"log":1,"time":"${T}"}`, '{"log":"a","time":"noon"}'])(
    "%j is none",
    (line) => expect(parseDockerJsonLine(line)).toBeNull(),
  );
});

describe("reading a log", () => {
  const LINES = [
    "2026-03-01T08:00:00Z stdout F one",
    "2026-03-01T08:00:01.5Z stderr P tw",
    "2026-03-01T08:00:01.6Z stderr F o",
    "not a log line",
    "2026-03-01T08:00:02Z stdout F thr€€",
  ];
  const cases: [name: string, options: ReadLogsOptions, expected: string][] = [
    ["all of it", {}, "one\ntwo\nthr€€\n"],
    ["the tail", { tailLines: 1 }, "thr€€\n"],
    ["a tail longer than the log", { tailLines: 99 }, "one\ntwo\nthr€€\n"],
    ["an empty tail", { tailLines: 0 }, ""],
    ["a limit in a line", { limitBytes: 6 }, "one\ntw"],
    ["a limit in a character", { limitBytes: 12 }, "one\ntwo\nthr\ufffd"],
    ["a limit at a line's end", { limitBytes: 4 }, "one\n"],
    ["no bytes", { limitBytes: 0 }, ""],
    ["what came since", { since: "2026-03-01T09:00:01.55+01:00" }, "o\nthr€€\n"],
    ["one stream", { stream: "stderr" }, "two\n"],
    [
      "times, once per message",
      { timestamps: true, tailLines: 4 },
      "2026-03-01T08:00:01.500000000Z two\n2026-03-01T08:00:02.000000000Z thr€€\n",
    ],
  ];
  test.each(cases)("%s", (_, options, expected) => expect(readContainerLog(LINES, options)).toBe(expected));

  test("docker's format, and none", () => {
    expect(readContainerLog([`{"log":"a\\n","stream":"stdout","time":"${T}"}\n`])).toBe("a\n");
    expect(readContainerLog([])).toBe("");
    expect(readContainerLog(["Mar 1 kernel: hello"])).toBeNull();
    expect(containerLogParser("Mar 1 kernel: hello")).toBeNull();
  });
});

describe("splitting", () => {
  const split = (input: string, max?: number) =>
    splitToCri(new TextEncoder().encode(input), max).map(
      ({ tag, content }) => `${tag} ${new TextDecoder().decode(content)}`,
    );

  test.each([
    ["lines", "a\n\nb\n", 4, ["F a", "F ", "F b"]],
    ["a line of exactly the limit", "abcd\n", 4, ["F abcd"]],
    ["one more", "abcde\n", 4, ["P abcd", "F e"]],
    ["many more", "abcdefghi\n", 4, ["P abcd", "P efgh", "F i"]],
    ["twice the limit", "abcdefgh\n", 4, ["P abcd", "F efgh"]],
    ["no line feed at the end", "a\nbc", 4, ["F a", "P bc"]],
    ["no limit", "abcdefghi\n", 0, ["F abcdefghi"]],
    ["carriage returns", "a\r\n\r\n", 4, ["F a", "F "]],
    ["nothing", "", 4, []],
  ] as const)("%s", (_, input, max, expected) => expect(split(input, max)).toEqual(expected));

  test("loses no byte and exceeds no limit", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0x0a, 0x61, 0x62)), fc.integer({ min: 1, max: 5 }), (bytes, max) => {
        const entries = splitToCri(Uint8Array.from(bytes), max);
        const rebuilt = entries.flatMap(({ tag, content }) => [...content, ...(tag === "F" ? [0x0a] : [])]);
        expect(rebuilt).toEqual(bytes);
        expect(entries.every(({ content }) => content.length <= max)).toBe(true);
      }),
    );
  });
});

test("noise never throws", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), fc.string(), (lines, tail) => {
      readContainerLog(lines);
      expect(parseCriLine(`${T} stdout F ${tail}`)?.log).toBe(tail);
    }),
  );
});

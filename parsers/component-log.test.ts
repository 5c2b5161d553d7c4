import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseKlogLine, parseLogrusLine } from "./component-log.ts";

describe("klog", () => {
  const KLOG = "E0301 08:09:10.123456    4321 shaper.go:77] cannot shape: eth0] gone";
  const fields = {
    sev: "E",
    mmdd: "0301",
    time: "08:09:10.123456",
    pid: "4321",
    file: "shaper.go",
    line: "77",
    msg: "cannot shape: eth0] gone",
  };

  test.each([
    ["bare", KLOG, fields],
    [
      "after a journal prefix",
      `Mar 01 08:09:10 node-7 kubelet[4321]: ${KLOG}\n`,
      { hdr: "Mar 01 08:09:10 node-7 kubelet[4321]:", ...fields },
    ],
    ["a message of several lines", `${KLOG}\n  at x\n`, { ...fields, msg: "cannot shape: eth0] gone\n  at x" }],
    [
      "no message",
      "I0301 08:09:10.1 1 a.go:1]",
      { sev: "I", mmdd: "0301", time: "08:09:10.1", pid: "1", file: "a.go", line: "1", msg: "" },
    ],
  ])("%s", (_, text, expected) => expect(parseKlogLine(text)).toEqual(expected));

  test.each([
    "",
    "hello",
    "D0301 08:09:10.1 1 a.go:1] x",
    "I0301 08:09:10 1 a.go:1] x",
    "I0301 08:09:10.1 1 a.go] x",
    `x${KLOG}`,
  ])("%j is none", (text) => expect(parseKlogLine(text)).toBeNull());
});

describe("logrus", () => {
  test.each([
    ["bare", 'time="now" level=info msg="all \\"well\\""', { time: "now", level: "info", msg: 'all \\"well\\"' }],
    [
      "unquoted values",
      "time=now level=info msg=started id=7",
      { time: "now", level: "info", msg: "started", rest: "id=7" },
    ],
    [
      "further fields",
      'time="t" level=error msg="m" error="a b" n=1\n',
      { time: "t", level: "error", msg: "m", rest: 'error="a b" n=1' },
    ],
    ["fields before the message", 'level=error file=a msg="m" n=1', { level: "error", msg: "m", rest: "file=a n=1" }],
    [
      "after a journal prefix",
      'Mar 01 n dockerd[1]: time="t" level=info msg="m"',
      { hdr: "Mar 01 n dockerd[1]:", time: "t", level: "info", msg: "m" },
    ],
    ["cut short", 'time="t" level=info msg="half a mess', { time: "t", level: "info", msg: "half a mess" }],
    ["an empty message", 'time="t" level=info msg=', { time: "t", level: "info", msg: "" }],
    [
      "a message that quotes another line",
      'level=info msg="got level=debug msg=x"',
      { level: "info", msg: "got level=debug msg=x" },
    ],
  ])("%s", (_, text, expected) => expect(parseLogrusLine(text)).toEqual(expected));

  test.each(["", "hello", "level=info", 'msg="m"', "leveled=info msg=m"])("%j is none", (text) =>
    expect(parseLogrusLine(text)).toBeNull(),
  );

  test("any quoted message comes back as written", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (message) => {
        const written = JSON.stringify(message).slice(1, -1);
        expect(parseLogrusLine(`level=info msg="${written}" n=1`)).toEqual({
          level: "info",
          msg: written,
          rest: "n=1",
        });
      }),
    );
  });
});

test("long hostile lines are read in linear time: each of these would hang a backtracking reader", () => {
  const n = 200_000;
  expect(parseKlogLine("I0301 08:09:10.1 ".repeat(n))).toBeNull();
  expect(parseKlogLine(`I0301 08:09:10.1${" ".repeat(n)}`)).toBeNull();
  expect(parseLogrusLine(`level=${'"\\'.repeat(n)}`)).toBeNull();
  expect(parseLogrusLine(`${"time= ".repeat(n)}`)).toBeNull();
});

test("noise never throws", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      parseKlogLine(text);
      parseLogrusLine(`level=${text}`);
    }),
  );
});

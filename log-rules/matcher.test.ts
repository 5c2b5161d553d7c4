// How lines find their rules: the texts of a pattern, the index over all texts, the shape of lines, and that nothing that is written can crash or slow it.
import fc from "fast-check";
import { RE2JS } from "re2js";
import { describe, expect, it } from "vitest";
import { kernelMessage, LINE_CHARS_MAX, parseSyslogLine, plainMessage, sourceOf } from "./line.ts";
import { ruleLines } from "./lines.fixture.ts";
import { logRules } from "./list.ts";
import { literalsOf } from "./literal.ts";
import { LiteralIndex } from "./literal-index.ts";
import { Matcher } from "./matcher.ts";

describe("texts of a pattern", () => {
  it.each([
    ["plain words", ["plain words"]],
    ["a(?:b|c)long text\\d+", ["long text"]],
    ["nfs: server (?P<server>\\S{1,255}) OK\\b", ["nfs: server "]],
    ["(?:first one|second one): \\d", ["first one", "second one"]],
    ["first one|second", ["first one", "second"]],
    ["colou?r of it", ["r of it"]],
    ["x{3}tail end", ["tail end"]],
    ["\\[Hardware Error\\]: y", ["[Hardware Error]: y"]],
    ["abcd(?:optional text)?", ["abcd"]],
  ])("%s", (pattern, texts) => expect(literalsOf(pattern)).toEqual(texts));

  it.each(["\\d+ .*", "abc", "(?:long enough|x)", "", "(?:maybe this)?"])("none in %j", (pattern) => {
    expect(() => literalsOf(pattern)).toThrow("no plain text");
  });

  it("a bracket that is not closed is said", () => expect(() => literalsOf("(abcdef")).toThrow("not closed"));
});

describe("index", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 5 });

  it("finds exactly the texts that stand in the line", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(text, { maxLength: 12 }),
        fc.string({ unit: fc.constantFrom("a", "b", "c", "é", "\0"), maxLength: 40 }),
        (texts, line) => {
          const found = new LiteralIndex(texts).find(line).sort((a, b) => a - b);
          expect(found).toEqual(texts.flatMap((one, number) => (line.includes(one) ? [number] : [])));
        },
      ),
    );
  });

  it.each([[[""]], [["é"]], [["a\nb"]]])("refuses %j", (texts) =>
    expect(() => new LiteralIndex(texts)).toThrow("cannot be indexed"),
  );
});

describe("lines", () => {
  it.each([
    ["[   32.298491][  T896] kexec[896]: segfault", "kexec[896]: segfault"],
    ["[Sun Jan  5 20:25:34 2025] INFO: x", "INFO: x"],
    ["<3>[ 1.5] x", "x"],
    ["kern  :err   : 2025-02-10T16:28:06,502716+00:00 x y", "x y"],
    ["Jan  5 20:25:34 host kernel: [12345.678] x", "x"],
    ["2026-03-01T08:09:10.123+00:00 host kernel: x", "x"],
    ["kernel: message repeated 9 times: [block nvme0n1: gone]", "block nvme0n1: gone"],
    ["host kernel: x", "x"],
    ["\u001b[31mred\u001b[0m", "red"],
    ["no prefix: at all", "no prefix: at all"],
  ])("%j says %j", (raw, message) => expect(plainMessage(raw)).toBe(message));

  it("of syslog name their writer", () => {
    expect(parseSyslogLine("Mar 01 08:09:10 node-7 containerd[4321]: time=x")).toEqual({
      program: "containerd",
      message: "time=x",
    });
    expect(parseSyslogLine("hello")).toBeNull();
    expect([sourceOf("kernel"), sourceOf("dockerd"), sourceOf("kubelet"), sourceOf("nginx")]).toEqual([
      "kernel",
      "runtime",
      "kubelet",
      undefined,
    ]);
  });

  it("stripping ends", () => expect(kernelMessage("[ 1.0] ".repeat(50)).length).toBeLessThan(350));
});

describe("matcher", () => {
  const matcher = new Matcher(logRules);
  const pieces = Object.values(ruleLines).flatMap(({ lines }) => lines.flatMap((line) => line.split(/(?<=[ :,])/)));

  it("agrees with asking every pattern of every rule", () => {
    const compiled = logRules.map((rule) => ({
      rule,
      match: rule.match.map((one) => RE2JS.compile(one)),
      not: (rule.not ?? []).map((one) => RE2JS.compile(one)),
    }));
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 25 }), (words) => {
        const text = plainMessage(words.join(""));
        const slow = compiled.filter(
          ({ match, not }) =>
            match.some((one) => one.matcher(text).find()) && !not.some((one) => one.matcher(text).find()),
        );
        const fast = matcher.find({ source: null, text }).filter(({ role }) => role === "match");
        expect(new Set(fast.map(({ rule }) => rule.id))).toEqual(new Set(slow.map(({ rule }) => rule.id)));
      }),
      { numRuns: 200 },
    );
  });

  it("takes any text", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { maxLength: 300 }), (codes) => {
        const text = String.fromCharCode(...codes); // half surrogate pairs and control characters too
        expect(plainMessage(text).length).toBeLessThanOrEqual(LINE_CHARS_MAX);
        matcher.findRaw(null, text);
      }),
    );
  });

  it("asks few patterns on an ordinary line, and never more than stand behind its texts", () => {
    // Steps, not time: each pattern that is asked is counted.
    let asked = 0;
    const counting = new Matcher(logRules);
    const find = RE2JS.prototype.matcher;
    RE2JS.prototype.matcher = function (...args: Parameters<typeof find>) {
      asked += 1;
      return find.apply(this, args);
    };
    try {
      counting.findRaw(null, "cni0: port 1(veth1) entered forwarding state");
      expect(asked).toBe(0);
      counting.findRaw(null, "VFS: file-max limit 5 reached");
      expect(asked).toBe(1);
    } finally {
      RE2JS.prototype.matcher = find;
    }
  });
});

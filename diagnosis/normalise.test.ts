import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { INPUT_CHARS_MAX, normalise } from "./normalise.ts";

const linesOf = (input: string) => normalise(input).text.split("\n").slice(0, -1);

describe("what stands before a message goes, the program's name stays", () => {
  test.each([
    ["klog", "E0301 08:09:10.123456    4321 shaper.go:77] cannot shape", "shaper.go:77] cannot shape", []],
    ["klog cut at its beginning", " 4321 shaper.go:77] cannot shape", "shaper.go:77] cannot shape", []],
    [
      "syslog around klog",
      "Mar  1 08:09:10 edge-7 kubelet[88]: E0301 08:09:10.1   88 pods.go:7] late",
      "kubelet[88]: pods.go:7] late",
      ["kubelet"],
    ],
    [
      "journal around logrus",
      'Mar 01 08:09:10 edge-7 dockerd[9]: time="2026-03-01T08:09:10Z" level=error msg="no \\"route\\""',
      'dockerd[9]: level=error msg="no "route""',
      ["dockerd"],
    ],
    ["a month in another language", " 3월 31 16:03:01 w-6 kubelet[21]: late", "kubelet[21]: late", ["kubelet"]],
    ["dmesg", "[  176.965603] nf_conntrack: table full", "nf_conntrack: table full", []],
    ["dmesg with thread", "<3>[   32.298491][  T896] INFO: task a:1 blocked", "INFO: task a:1 blocked", []],
    ["dmesg -T", "[Thu Oct  9 09:49:59 2025] INFO: task a:1 blocked", "INFO: task a:1 blocked", []],
    ["CRI", "2026-03-01T08:09:10.123456789Z stderr F disk gone", "disk gone", []],
    ["logrus on a terminal", "FATA[0004] disk gone", "disk gone", []],
    ["colours", "\u001b[31mdisk\u001b[0m gone", "disk gone", []],
    ["colours, escaped", '"\\u001b[31mdisk\\u001b[0m gone"', '"disk gone"', []],
    ["a quoted mail", "> disk gone", "disk gone", []],
    ["an error word is no host", "2026-03-01T08:09:10Z Error (file.c:1): bad", "Error (file.c:1): bad", []],
    [
      "events of kubectl describe",
      "  Warning  FailedMount  30s (x7 over 63s)  kubelet, edge-7  MountVolume failed",
      "Warning FailedMount MountVolume failed",
      ["kubelet"],
    ],
    [
      "docker's JSON",
      '{"log":"E0301 08:09:10.1 1 a.go:1] say \\"hi\\"\\n","stream":"stderr","time":"2026-03-01T08:09:10Z"}',
      'a.go:1] say "hi"',
      [],
    ],
    [
      "JSON of an application: message, then error, then the rest",
      '{"level":"error","ts":1.5,"path":"/a","err":"disk gone","msg":"cannot save"}',
      "cannot save: disk gone path=/a",
      [],
    ],
    ["an answer of an API", 'Error: no start: {"message":"disk gone"}', "Error: no start: disk gone", []],
  ])("%s", (_name, input, text, components) => {
    expect(linesOf(input)).toEqual([text]);
    expect(normalise(input).components).toEqual(components);
  });
});

describe("escapes and printed quotes", () => {
  test.each([
    ['caused \\"no \\\\\\"such\\\\\\" file\\"', 'caused "no "such" file"'],
    ["a &quot;b&quot; &amp;quot;c&amp;quot; &lt;d&gt; it&#39;s", 'a "b" "c" <d> it\'s'],
    ["“a” ‘b’ „c‟ – d", '"a" \'b\' "c" - d'],
    ["first\\nsecond\\tthird", "first second third"],
    ["a\u00a0b\u3000c\u200bd\ufeff", "a b cd"],
    ["错误：磁盘（满）", "错误:磁盘(满)"],
    ["C:\\dir \\_ [sh]", "C:\\dir \\_ [sh]"],
    ["a \\u0022b\\u0022", 'a "b"'],
  ])("%s", (input, text) => expect(linesOf(input)).toEqual([text]));
});

describe("wrapped lines are joined, records are not", () => {
  test.each([
    [
      "in the middle of a sentence",
      "cannot set up memory: Cannot\nallocate memory",
      ["cannot set up memory: Cannot allocate memory"],
    ],
    ["after a colon", "Error response:\nGet x: gone", ["Error response: Get x: gone"]],
    ["indented", "Reason:\n   Evicted\n   by kubelet", ["Reason: Evicted by kubelet"]],
    ["after a backslash", "removing a failed: \\\n  gone", ["removing a failed: gone"]],
    ["two records with heads", "<3>one\n<3>two", ["one", "two"]],
    ["the same program again", "mkdir: a: full\nmkdir: b: full", ["mkdir: a: full", "mkdir: b: full"]],
    ["a blank line", "one\n\ntwo", ["one", "two"]],
  ])("%s", (_name, input, lines) => {
    const text = linesOf(input);
    for (const line of lines) expect(text).toContain(line);
  });

  test("where a window may have broken a word, both readings are given", () => {
    const lines = linesOf("rule -t man\ngle -A INPUT");
    expect(lines).toEqual(["rule -t man gle -A INPUT", "rule -t mangle -A INPUT"]);
  });
});

describe("places", () => {
  test("a position leads back to the input", () => {
    const input = 'Mar  1 08:09:10 a kubelet[1]: say \\"disk   gone\\"';
    const { text, origin } = normalise(input);
    const start = text.indexOf("disk");
    const { start: from, end } = origin(start, start + "disk gone".length);
    expect(input.slice(from, end)).toBe("disk   gone");
  });

  test("a text that is too long loses its middle, and says so", () => {
    const input = `first words\n${"x\n".repeat(INPUT_CHARS_MAX / 2)}\nlast words`;
    const { text, cutChars, origin } = normalise(input);
    expect(cutChars).toBe(input.length - INPUT_CHARS_MAX);
    expect(text).toContain("first words");
    const start = text.indexOf("last words");
    const { start: from, end } = origin(start, start + 10);
    expect(input.slice(from, end)).toBe("last words");
  });
});

const piece = fc.oneof(
  fc.constantFrom(
    ...'\\|"|\n|: |&quot;|\u001b[31m|{"msg":"|"}|E0301 08:09:10.1 1 a.go:1] |time="x" |<3>|“|\ud800|  |Warning  Failed  3s  kubelet  '.split(
      "|",
    ),
  ),
  fc.string({ unit: "binary", maxLength: 12 }),
);
const paste = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(""));

test("whatever is pasted: records lie in the text, in order, and every place lies in the input", () => {
  fc.assert(
    fc.property(paste, (input) => {
      const { text, records, origin } = normalise(input);
      let before = 0;
      for (const { start, end } of records) {
        expect(start).toBeGreaterThanOrEqual(before);
        expect(end).toBeGreaterThan(start);
        expect(text.charAt(end)).toBe("\n");
        expect(text.slice(start, end)).not.toMatch(/\n| {2}/);
        const place = origin(start, end);
        expect(place.start).toBeGreaterThanOrEqual(0);
        expect(place.end).toBeGreaterThan(place.start);
        expect(place.end).toBeLessThanOrEqual(input.length);
        before = end;
      }
      expect(normalise(input).text).toBe(text);
    }),
  );
});

// Every rule: takes the lines it is for, names their subject, leaves its look-alikes and ordinary lines alone, and is written so that it can be indexed.
import { describe, expect, it } from "vitest";
import { LINE_CHARS_MAX, plainMessage } from "./line.ts";
import { harmlessLines, ruleLines } from "./lines.fixture.ts";
import { logRules } from "./list.ts";
import { literalsOf } from "./literal.ts";
import { Matcher } from "./matcher.ts";
import { recognise } from "./recognise.ts";
import { RECENT_MAX } from "./rule.ts";
import { EMPTY_LOG_STATE, observe } from "./state.ts";

const matcher = new Matcher(logRules);
const table = Object.entries(ruleLines);

/** State after the lines of an excerpt, a second apart. */
function stateAfter(excerpt: string, source: (typeof ruleLines)["kernel-bug"]["source"]) {
  let state = EMPTY_LOG_STATE;
  for (const [index, raw] of excerpt.split("\n").entries())
    state = observe(state, { source, text: plainMessage(raw), at: 1_000 * index }, matcher);
  return state;
}

describe("rules", () => {
  it("have unique ids and sane numbers", () => {
    expect(new Set(logRules.map(({ id }) => id)).size).toBe(logRules.length);
    for (const { id, count, follow, subject, match } of logRules) {
      expect(id).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
      expect(count?.times ?? 1, id).toBeLessThanOrEqual(RECENT_MAX);
      expect(follow?.lines ?? 0, id).toBeLessThanOrEqual(20);
      for (const [, name] of subject.matchAll(/\{(\w+)\}/g))
        expect(
          [...match, ...(follow?.match ?? [])].some((one) => one.includes(`?P<${name}>`)),
          `${id}: {${name}}`,
        ).toBe(true);
    }
  });

  it.each(table)("%s takes its lines", (id, { lines, subject, source }) => {
    for (const [index, excerpt] of lines.entries()) {
      const matches = Object.values(stateAfter(excerpt, source).matches).filter(({ rule }) => rule === id);
      expect(matches.length, excerpt).toBe(1);
      expect(matches[0]?.count, excerpt).toBe(1);
      if (index === 0) expect(matches[0]?.subject).toBe(subject);
      expect(recognise(excerpt, matcher).raised, excerpt).toContain(id);
    }
  });

  it.each(table)("%s leaves its look-alikes alone", (id, { not = [] }) => {
    for (const line of not) expect(recognise(line, matcher).raised, line).not.toContain(id);
  });

  it.each(table.filter(([, { clear }]) => clear))(
    "%s ends by its line",
    (id, { lines, clear = "", source, subject }) => {
      const state = stateAfter(`${lines[0]}\n${clear}`, source);
      expect(state.matches[`${id}|${subject}`]).toMatchObject({ isCleared: true, count: 1 });
    },
  );

  it.each(harmlessLines)("harmless: %s", (line) => expect([...recognise(line, matcher).raised]).toEqual([]));

  it("no other writer's line is the kernel's", () => {
    const line = "BUG: Bad page state in process kswapd0  pfn:1a2b3";
    expect(matcher.findRaw("kernel", line).map(({ rule }) => rule.id)).toEqual(["kernel-bug"]);
    expect(matcher.findRaw("kubelet", line)).toEqual([]);
  });

  it("every pattern has texts to index, which stand in its lines", () => {
    for (const { id, match, clear = [], follow, not = [] } of logRules) {
      for (const pattern of [...match, ...clear, ...(follow?.match ?? [])]) {
        for (const text of literalsOf(pattern)) expect(text.length, `${id}: ${pattern}`).toBeGreaterThanOrEqual(4);
        // An unbounded gap would let one pattern join what two messages say.
        expect(pattern, id).not.toMatch(/(?:\.|\\S)[*+]/);
      }
      expect(not, id).not.toContain("");
    }
  });

  it("a line that is too long is cut, not refused", () => {
    const line = `VFS: file-max limit 5 reached ${"x".repeat(1_000_000)}`;
    expect(plainMessage(line).length).toBeLessThanOrEqual(LINE_CHARS_MAX);
    expect(recognise(line, matcher).raised).toContain("open-files-exhausted");
  });
});

import { describe, expect, test } from "vitest";
import { evaluateCondition, phaseOf, scorePhase } from "./condition.ts";
import { SOURCE_MAX } from "./tokens.ts";

const NESTED = { service: { label: null, values: [0.5, 2, 3.5] }, name: "checkout-v2" };

describe("conditions with an answer", () => {
  test.each<[condition: string, result: unknown, expected: boolean]>([
    // result and literals
    ["result", true, true],
    ["result == true and not false", true, true],
    ["result > 0.95", 0.96, true],
    ["result >= 1e-3 && result < 1_000", 0.001, true],
    ["result == 0x10", 16, true],
    ["result == -0.5", -0.5, true],
    ["result == 'it\\'s \\u00e9\\n'", "it's é\n", true],
    ["result == `C:\\n`", "C:\\n", true],
    ["1 < result < 3", 3, false],
    ["1 < result <= 3", 3, true],
    ["result == nil", null, true],
    // indexing
    ["result[0] >= 0.95", [0.97], true],
    ["result[-1] == 3 and result[len(result) - 3] == 1", [1, 2, 3], true],
    ["result[1:] == [2, 3] and result[:-1] == [1.0, 2]", [1, 2, 3], true],
    ["result.service.values[1] == 2", NESTED, true],
    ["result['name'] startsWith 'checkout'", NESTED, true],
    ["result.service.label == nil", NESTED, true],
    ["result.absent == nil", NESTED, true],
    ["result.absent?.deeper.still == nil", NESTED, true],
    ["(result.absent ?? 7) == 7", NESTED, true],
    // Argo's functions
    ["asInt(result) == 1", 1.9, true],
    ["asInt(result) == -1", -1.9, true],
    ["asInt(result) + 1 == 3", "2", true],
    ["asFloat(result) == 1.5", "1.5", true],
    ["isInf(asFloat(result))", "+Inf", true],
    ["isNaN(result)", Number.NaN, true],
    ["isNaN(result) || result > 1", 0.5, false],
    ["isInf(1) or isNaN(2.5)", 0, false],
    ["isNil(result)", null, true],
    ["isNil(3)", null, true],
    ["isNil(result)", [], false],
    ["default(result, 0) == 0", null, true],
    ["default(result, 0) < 0.05", 0.01, true],
    // arithmetic
    ["1 + 2 * 3 == 7", 0, true],
    ["7 % 4 == 3 and -7 % 4 == -3", 0, true],
    ["1 / 2 == 0.5", 0, true],
    ["2 ** 3 ** 2 == 512", 0, true],
    ["-2 ** 2 == -4", 0, true],
    ["9223372036854775807 + 1 < 0", 0, true],
    ["result * 100 > 99", 0.995, true],
    ["'a' + 'b' == 'ab'", 0, true],
    ["3 in 1..3 and 4 not in 1..3", 0, true],
    // membership and text
    ["2 in result", [1, 2], true],
    ["'name' in result and 'other' not in result", NESTED, true],
    ["result contains 'time' and result endsWith 'out'", "timeout", true],
    ["result matches '^5\\\\d\\\\d$'", "503", true],
    ["not (result matches '^2')", "503", true],
    // closures
    ["all(result, {# > 1})", [2, 3], true],
    ["all(result, # > 1)", [2, 1], false],
    ["any(result, {# > 2}) and none(result, {# > 3}) and one(result, {# == 3})", [1, 2, 3], true],
    ["filter(result, {# > 1}) == [2, 3]", [1, 2, 3], true],
    ["map(result, {# * 2}) == [2, 4]", [1, 2], true],
    ["count(result, {# >= 2}) == 2", [1, 2, 3], true],
    ["sum(result) / len(result) < 2.5", [1, 2, 3], true],
    ["sum(result, #index) == 3", [7, 7, 7], true],
    ["result | filter(# > 1) | len() == 2", [1, 2, 3], true],
    ["all(result, {.v > 0})", [{ v: 1 }, { v: 2 }], true],
    ["all(result, {let own = #; any([1, 2], {# == own})})", [1, 2], true],
    ["all([], {# > 1})", 0, true],
    ["max(result) == 3 and min(1, 2) == 1 and abs(-2) == 2", [1, 2, 3], true],
    ["round(2.5) == 3 and floor(-0.5) == -1 and median(result) == 2", [3, 1, 2], true],
    ["mean(result.service.values) == 2", NESTED, true],
    // precedence and forms
    ["true or false and false", 0, true],
    ["not true or true", 0, true],
    ["result > 1 ? true : false", 2, true],
    ["if result > 1 { true } else if result > 0 { false } else { true }", 0, true],
    ["let x = result * 2; x == 4", 2, true],
    ["result == 1 // a comment", 1, true],
    ["/* one */ result == 1", 1, true],
    ["false && asInt(result) == 1", "none", false],
  ])("%s on %j", (condition, result, expected) => {
    expect(evaluateCondition(result, condition)).toEqual({ ok: true, value: expected });
  });
});

describe("conditions without an answer", () => {
  test.each<[condition: string, result: unknown, kind: string, message: RegExp]>([
    ["asInt(result) == 1", "1.1", "runtime", /ParseInt/],
    ["asFloat(result) > 1", "fast", "runtime", /ParseFloat/],
    ["asInt(result) == 1", null, "runtime", /asInt\(\) not supported/],
    ["asFloat(result) == '1'", "1", "type", /mismatched types float64 and string/],
    ["result == 'a'", 1, "type", /mismatched types float64 and string/],
    ["true || result > 'a'", 1, "type", /mismatched types/],
    ["result[0] > 1", [], "runtime", /index out of range/],
    ["result[3] > 1", [1], "runtime", /index out of range/],
    ["result[0] > 1", null, "type", /undefined/],
    ["result > 1", null, "type", /nil/],
    ["result[1.5] > 1", [1, 2], "type", /integer/],
    ["result.x.y == 1", { x: null }, "runtime", /cannot fetch/],
    ["result.Name() == 'hi'", true, "type", /has no field Name/],
    ["result.run()", { run: 1 }, "runtime", /not callable/],
    ["result", 1, "type", /expected bool, but got float64/],
    ["1", true, "type", /expected bool, but got int/],
    ["nothing == 1", 1, "type", /unknown name nothing/],
    ["result.constructor == nil && constructor", {}, "type", /unknown name constructor/],
    ["1 % 0 == 0", 1, "runtime", /divide by zero/],
    ["result % 2 == 0", 4, "type", /mismatched types/],
    ["isNaN(result)", "x", "type", /cannot use string/],
    ["isNaN(asInt(result))", 1, "type", /cannot use int/],
    ["len(result) > 1", 5, "runtime", /invalid argument for len/],
    ["all(result, {# > 1})", 5, "type", /takes only array/],
    ["all(result, {# + 1})", [1], "type", /predicate should return boolean/],
    ["all(result, {# > 1})", [2, "a"], "runtime", /invalid operation: string < int/],
    ["# > 1", [1], "syntax", /unexpected token/],
    ["result ? true : false", 1, "type", /non-bool/],
    ["result matches '('", "a", "runtime", /error parsing regexp/],
    ["result >", 1, "syntax", /unexpected token/],
    ["result = 1", 1, "syntax", /unexpected token/],
    ["(result > 1", 1, "syntax", /unexpected token/],
    ["result @ 1", 1, "syntax", /unrecognized/],
    ["1x > 0", 1, "syntax", /bad number/],
    ["", 1, "syntax", /unexpected token/],
    ["99999999999999999999 > 1", 1, "syntax", /integer literal/],
    ["a ?? b || c", 1, "syntax", /cannot be mixed/],
    ["all(1..1000, {all(1..1000, {all(1..1000, {true})})})", 1, "runtime", /too much work/],
    ["len(1..100000000) > 0", 1, "runtime", /too much work/],
  ])("%s on %j", (condition, result, kind, message) => {
    expect(evaluateCondition(result, condition)).toEqual({ ok: false, kind, message: expect.stringMatching(message) });
  });
});

test("what nobody writes by hand is refused before it costs anything", () => {
  expect(evaluateCondition(1, `${"(".repeat(2000)}true`)).toMatchObject({ ok: false, kind: "syntax" });
  expect(evaluateCondition("a", `result == "${"a".repeat(SOURCE_MAX)}"`)).toMatchObject({ ok: false, kind: "syntax" });
});

describe("phases", () => {
  test.each<[success: string | undefined, failure: string | undefined, result: unknown, phase: string]>([
    ["result < 1", undefined, 0.5, "Successful"],
    ["result < 1", undefined, 2, "Failed"],
    [undefined, "result > 1", 0.5, "Successful"],
    [undefined, "result > 1", 2, "Failed"],
    ["result < 1", "result > 2", 0.5, "Successful"],
    ["result < 1", "result > 2", 3, "Failed"],
    ["result < 1", "result > 2", 1.5, "Inconclusive"],
    ["true", "true", 0, "Failed"],
    [undefined, undefined, null, "Successful"],
    ["missing", "true", 0, "Error"],
    ["true", "missing", 0, "Error"],
  ])("success %s, failure %s on %j: %s", (success, failure, result, phase) => {
    expect(phaseOf(result, { success, failure }).phase).toBe(phase);
  });

  test("an error names the condition, and says when there was nothing to look at", () => {
    expect(phaseOf([], { success: "result[0] > 1" }).message).toContain("successCondition");
    expect(phaseOf([], { success: "result[0] > 1" }).message).toContain("metric result is nil or empty");
    expect(phaseOf(1, { failure: "gone == 1" }).message).toContain('failureCondition "gone == 1": unknown name gone');
  });

  test.each([
    [90, "Successful"],
    [89.99, "Inconclusive"],
    [75, "Inconclusive"],
    [74.99, "Failed"],
  ])("a score of %d is %s", (score, phase) => {
    expect(scorePhase(score, { pass: 90, marginal: 75 })).toBe(phase);
  });
});

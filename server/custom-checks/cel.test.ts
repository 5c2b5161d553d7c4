// Expressions: names and types with their places, values that are not there, and everything hostile that could be typed.
import { describe, expect, test } from "vitest";
import { factKinds } from "../../protocol/facts.ts";
import { nodeFacts } from "../../testing/facts.ts";
import { compileExpression, failureText, type Wanted } from "./cel.ts";
import { STEPS_PER_NODE } from "./compile.ts";
import { factShape } from "./shapes.ts";

const scope = new Map(factKinds.map((kind) => [kind, factShape(kind)]));
const values = Object.fromEntries(Object.entries(nodeFacts()).map(([kind, fact]) => [kind, fact?.data]));

function compiled(source: string, wanted: Wanted = "any") {
  const made = compileExpression(source, scope, wanted);
  if (!made.ok) throw new Error(made.error.message.en);
  return made.compiled;
}
const run = (source: string) => compiled(source).run(values, { left: STEPS_PER_NODE });
function errorOf(source: string, wanted: Wanted = "any") {
  const made = compileExpression(source, scope, wanted);
  if (made.ok) throw new Error(`${source} compiles`);
  return made.error;
}
function failed(source: string): string {
  const { run: start } = compiled(source);
  try {
    start(values, { left: STEPS_PER_NODE });
  } catch (err) {
    return failureText(err);
  }
  throw new Error(`${source} does not fail`);
}

test.each([
  ["conntrack.count + 1 > 0", true],
  ["size(modules) * 2 + 0.5", 4.5],
  ["5 / 2.0", 2.5],
  ["conntrack.max % 2 == 0", true],
  ["modules.filter(m, m.state == 'running').map(m, m.name).join(', ')", "containerd, lxcfs"],
  ["modules.exists(m, m.restarts > 3 && m.state != 'stopped')", false],
  ["modules.all(m, m.restarts == 0)", true],
  ["'kernel.no_such' in sysctls ? sysctls['kernel.no_such'] : 'none'", "none"],
  ["has(conntrack.drops)", true],
  ["identity.product == null || identity.product.startsWith('x')", true],
  ["identity.hostname.matches('^.{1,63}$')", true],
  ["modules[0].name", "containerd"],
] as const)("%s", (source, expected) => {
  const value = run(source);
  expect(typeof value === "bigint" ? Number(value) : value).toEqual(expected);
});

test.each([
  ["conntrack.usedRato > 0.9", 10, 18, 'There is no "usedRato" here. Do you mean "usedRatio"?'],
  ["modules.exists(m, m.state == 'runing')", 29, 37, 'There is no "runing" here. Do you mean "running"?'],
  ["modules.exists(m, m.stat == 'running')", 20, 24, 'There is no "stat" here. Do you mean "state"?'],
  ["true && modules.state == 'x'", 8, 21, "a list has no field"],
  ["conntrack.count > '5'", 0, 21, "a number and text cannot stand on either side of >."],
  ["conntrak.count > 5", 0, 8, 'Do you mean "conntrack"?'],
  ["identity.hostname.matches(identity.kernel)", 26, 41, "must be written out"],
  ["identity.hostname.matches('(?=a)b')", 26, 34, "RE2"],
  ["size(modules) > 1 ? 1 : 'a'", null, null, "Ternary"],
  ["1 + ", 4, 4, "Unexpected token"],
  ["timestamp('2026-01-01T00:00:00Z')", 0, 33, 'There is no function "timestamp"'],
  ["modules.map(m, m.name).map(n, n.nam)", 30, 35, "text has no field"],
] as const)("%s is told with its place", (source, start, end, said) => {
  const error = errorOf(source);
  expect(error.message.en).toContain(said);
  expect(error.message.zh).not.toBe("");
  if (start !== null) expect([error.start, error.end]).toEqual([start, end]);
});

test("what it gives must be what is needed", () => {
  expect(errorOf("conntrack.count", "bool").message.en).toBe("This gives a number, and true or false is needed.");
  expect(errorOf("conntrack.count", "list").message.en).toContain("a list is needed");
  expect(errorOf("modules", "text").message.en).toContain("text or a number is needed");
});

test("what is not there fails instead of being false", () => {
  expect(failed("sysctls['kernel.no_such'] == '1'")).toContain("No such key");
  expect(failed("modules[99].name == 'x'")).toContain("index out of bounds");
  expect(failed("identity.product > 'x'")).toContain("no such overload");
  expect(failed("1 / 0 > 1")).toContain("division by zero");
});

describe("hostile", () => {
  test.each([
    "conntrack.__proto__",
    "conntrack.constructor",
    "conntrack['__proto__']",
    "__proto__",
    "constructor",
    "toString",
    "globalThis",
    "process.env",
    "google",
    "cel.bind(a, 1, a)",
    "type(1)",
    "dyn(1)",
    "b'abc'.json()",
    "modules.map(__proto__, 1)",
    `${"(".repeat(900)}1`,
    `${"!".repeat(1_900)}true`,
    `${"[".repeat(1_000)}1${"]".repeat(1_000)}`,
    `[${"1,".repeat(900)}1]`,
    Array.from({ length: 400 }, () => "1").join("+"),
    "identity.hostname.matches('(a{1000}){1000}')",
    `identity.hostname.matches('${"(".repeat(300)}')`,
    "x".repeat(5_000),
    "",
    "   ",
    "\u0000",
    "'\\ud800'",
  ])("%#: does not compile", (source) => {
    expect(errorOf(source).message.en).not.toBe("");
  });

  test.each([
    "sysctls['__proto__'] == '1'",
    "sysctls['constructor'] == '1'",
    "sysctls.constructor == '1'",
    `[${"1,".repeat(30)}1].map(a, [${"1,".repeat(30)}1].map(b, [${"1,".repeat(30)}1].map(c, c)))`,
    // Each step makes the text, or the list, a dozen times longer.
    `['${"a".repeat(50)}']${".map(a, a+a+a+a+a+a+a+a+a+a+a+a)".repeat(6)}`,
    `[[1,2,3,4,5,6,7,8]]${".map(a, a+a+a+a+a+a+a+a+a+a+a+a)".repeat(6)}`,
  ])("%#: ends with a reason", (source) => {
    expect(failed(source)).not.toBe("");
  });

  test("a pattern that would run for ever elsewhere ends", () => {
    const made = compileExpression("x.matches('^(a+)+$')", new Map([["x", { kind: "text" as const }]]), "bool");
    if (!made.ok) throw new Error(made.error.message.en);
    expect(made.compiled.run({ x: `${"a".repeat(16_000)}b` }, { left: STEPS_PER_NODE })).toBe(false);
    expect(() => made.compiled.run({ x: "a".repeat(20_000) }, { left: STEPS_PER_NODE })).toThrow("too long");
  });

  test("a pattern costs steps by its own length and the text's", () => {
    const cost = (pattern: string, length: number): number => {
      const made = compileExpression(`x.matches('${pattern}')`, new Map([["x", { kind: "text" as const }]]), "bool");
      if (!made.ok) throw new Error(made.error.message.en);
      const steps = { left: STEPS_PER_NODE };
      made.compiled.run({ x: "a".repeat(length) }, steps);
      return STEPS_PER_NODE - steps.left;
    };
    expect(cost("oom", 100)).toBeLessThan(10);
    expect(cost("oom", 16_000)).toBeGreaterThan(100);
    expect(cost("(a?){50}[bc]$", 1_000)).toBeGreaterThan(1_000);
    expect(() => cost("(a?){100}[bc]$", 16_000)).toThrow("too many steps");
    expect(errorOf("identity.hostname.matches('((a|b){0,50}){0,10}[cx]$')").message.en).toContain("too large");
  });

  test("steps are those of one node, whatever ran before", () => {
    const one = compiled("modules.all(m, m.restarts >= 0)");
    const steps = { left: 10 };
    one.run(values, steps);
    expect(steps.left).toBeLessThan(10);
    expect(() => {
      for (let i = 0; i < 10; i += 1) one.run(values, steps);
    }).toThrow("too many steps");
    expect(one.run(values, { left: STEPS_PER_NODE })).toBe(true);
  });
});

// Arbitrary but valid facts for property tests, drawn from the protocol's own schemas. Words come from a small pool so that ids, names and pids meet.
import fc from "fast-check";
import type { z } from "zod";
import { type FactKind, type Facts, factKinds, factSchemas } from "../protocol/facts.ts";
import { hexId, NOW } from "./facts.ts";

const WORDS = [
  "containerd",
  "lxcfs",
  "eth0",
  "eth1",
  "dev7",
  "sleep",
  "T",
  "Z",
  "UNAVAILABLE",
  "DEADLINE_EXCEEDED",
  "NetworkReady",
  "/",
  "/var/lib/a",
];
const word = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...WORDS, hexId("a"), hexId("b"), "52:54:00:00:00:01", "52:54:00:00:00:02") },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
);
const whole = fc.oneof(
  fc.integer({ min: 0, max: 5 }),
  fc.integer({ min: 0, max: 2 ** 31 }),
  fc.integer({ min: NOW - 120_000, max: NOW }),
);
const real = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), whole);

/** Values that a schema accepts; knows the kinds of schema that facts are made of. @throws Error naming one that it does not know */
function arbitraryOf(schema: z.core.$ZodType): fc.Arbitrary<unknown> {
  // zod's own description of a schema; every schema class carries it.
  const def = schema._zod.def as z.core.$ZodTypes["_zod"]["def"];
  switch (def.type) {
    case "string":
      return word;
    case "number":
      return "checks" in def && def.checks?.some((check) => "isInt" in check && check.isInt) ? whole : real;
    case "boolean":
      return fc.boolean();
    case "default":
      return arbitraryOf(def.innerType);
    case "nullable":
      return fc.option(arbitraryOf(def.innerType), { nil: null });
    case "optional":
      return fc.option(arbitraryOf(def.innerType), { nil: undefined });
    case "array":
      return fc.array(arbitraryOf(def.element), { maxLength: 4 });
    case "record":
      return fc.dictionary(word, arbitraryOf(def.valueType), { maxKeys: 3 });
    case "enum":
      return fc.constantFrom(...Object.values(def.entries));
    case "object":
      return fc.record(Object.fromEntries(Object.entries(def.shape).map(([key, inner]) => [key, arbitraryOf(inner)])));
    default:
      throw new Error(`arbitrary facts: no generator for a schema of type ${def.type}`);
  }
}

const factOf = (kind: FactKind) =>
  fc.record({
    data: arbitraryOf(factSchemas[kind]).filter((data) => factSchemas[kind].safeParse(data).success),
    at: fc.integer({ min: NOW - 90_000, max: NOW }),
    error: fc.constant(null),
  });

/** Facts of a node in which each kind may be missing. */
export const arbitraryFacts = fc
  .record(Object.fromEntries(factKinds.map((kind) => [kind, fc.option(factOf(kind), { nil: undefined, freq: 8 })])))
  // Each value was made from the schema of its kind.
  .map((facts) => facts as Facts);

/** Parameters as some other version of a check may have written them. */
export const arbitraryParams = fc.dictionary(
  fc.constantFrom("runtime", "module", "process", "containerId", "cgroupPath", "mac", "file"),
  fc.oneof(word, fc.jsonValue(), fc.record({ pid: whole, startTicks: whole })),
);

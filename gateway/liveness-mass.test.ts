// When so much is missing that the fault is ours.
import fc from "fast-check";
import { expect, test } from "vitest";
import { isMass, MASS_HOLD_MS, MASS_NODES_MIN, nextHold } from "./liveness-mass.ts";

const cases = [
  { name: "two nodes of a small fleet", missing: 2, known: 5, zones: { missing: 2, fleet: 3 }, is: false },
  { name: "one zone of three as a whole", missing: 100, known: 300, zones: { missing: 1, fleet: 3 }, is: false },
  { name: "a fifth of the fleet in two zones", missing: 60, known: 300, zones: { missing: 2, fleet: 3 }, is: true },
  { name: "a little less than a fifth", missing: 59, known: 300, zones: { missing: 3, fleet: 3 }, is: false },
  { name: "the whole of a fleet with one zone", missing: 20, known: 20, zones: { missing: 1, fleet: 1 }, is: true },
];
test.each(cases)("$name: $is", ({ missing, known, zones, is }) => {
  expect(isMass({ missing, known }, zones)).toBe(is);
});

const several = { missing: 3, fleet: 3 };

test("holds until most are back, not only until one is", () => {
  const begun = nextHold(null, { missing: 60, known: 300 }, several, 0);
  expect(begun).toMatchObject({ since: 0, isOver: false });
  const some = nextHold(begun, { missing: 40, known: 300 }, null, 10_000);
  expect(some).toMatchObject({ since: 0, missing: 40 });
  expect(nextHold(some, { missing: 29, known: 300 }, null, 20_000)).toBeNull();
});

test("does not keep silent for ever", () => {
  const begun = nextHold(null, { missing: 300, known: 300 }, several, 0);
  expect(nextHold(begun, { missing: 300, known: 300 }, several, MASS_HOLD_MS - 1)?.isOver).toBe(false);
  expect(nextHold(begun, { missing: 300, known: 300 }, several, MASS_HOLD_MS)?.isOver).toBe(true);
});

test("few nodes are never a mass, whatever the zones", () => {
  fc.assert(
    fc.property(fc.nat(MASS_NODES_MIN - 1), fc.nat(1_000), fc.nat(9), fc.nat(9), (missing, more, a, b) => {
      expect(nextHold(null, { missing, known: missing + more }, { missing: a, fleet: b }, 0)).toBeNull();
    }),
  );
});

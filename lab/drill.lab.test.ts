// The drill as a test: every fault once on real nodes, found by exactly its check, repaired and verified by the whole product, nothing else touched.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Stack, startStack } from "../testing/stack.ts";
import type { DrillRound } from "./drill.ts";
import { faults } from "./faults/catalogue.ts";
import { missingTools } from "./requirements.ts";

const missing = await missingTools();
const skipped = missing.length > 0 ? ` (skipped: the lab needs ${missing.join(", ")})` : "";
const NODES = 5;

describe.skipIf(missing.length > 0)(`the drill${skipped}`, () => {
  let stack: Stack;
  let rounds: DrillRound[] = [];

  beforeAll(async () => {
    stack = await startStack();
    const args = ["lab", "drill", "--nodes", String(NODES), "--times", "1", "--json"];
    const { code, stdout, stderr } = await stack.cli(args, 1_500_000);
    console.log(stderr);
    expect([0, 1], stderr.slice(-2_000)).toContain(code);
    rounds = (JSON.parse(stdout) as { faults: DrillRound[] }).faults;
  }, 2_100_000);
  afterAll(() => stack?.down(), 120_000);

  it.each(faults.flatMap(({ id, check, asked }) => (asked ? [{ id, check, ...asked }] : [])))(
    "who asks about $pod during $id is told whose trouble it is ($side), and which",
    ({ id, check, side }) => {
      const round = rounds.find((r) => r.id === id) ?? expect.fail(`${id} was not drilled`);
      expect(round.diagnosed, JSON.stringify(round.diagnosed)).toMatchObject({
        side,
        checks: expect.arrayContaining([check]),
      });
    },
  );

  it.each(faults.map(({ id, check }) => ({ id, check })))(
    "$id is found by $check, repaired and verified, nothing else touched",
    ({ id, check }) => {
      const round = rounds.find((r) => r.id === id) ?? expect.fail(`${id} was not drilled`);
      expect(round).toMatchObject({ check, error: null, verified: true, collateral: [] });
      expect(round.detectedAfterS).not.toBeNull();
      expect(round.repairedAfterS).not.toBeNull();
    },
  );
});

// A console in other hands wants something else signed than it showed: no signature.
import { expect, test } from "vitest";
import { planHashOf } from "../repairs/plan-hash.ts";
import type { WaitingRun } from "../server/approvals/schema.ts";
import type { RepairPreview } from "../server/repairs/schema.ts";
import { shownPreview, shownRun, statementOf } from "./shown.ts";

const text = { en: "x", zh: "x" };
const planTo = (unit: string) =>
  ({
    evidence: { sections: ["kmsg"] },
    steps: [{ title: text, action: { type: "unit.restart", params: { unit } } }],
    touches: text,
  }) as unknown as WaitingRun["plan"];
const nodeId = "01a202e2-a4b7-73c5-9501-dc6c68bf1366";
const otherId = "01a202e2-b433-75f0-bb84-7ba2e5802d31";
const findingId = "01a202e2-b433-75f0-bb84-7ba2e5802d32";
const id = "01a202e2-b433-75f0-bb84-7ba2e5802d33";

function run(edit: Partial<WaitingRun> = {}, undoOfId: string | null = null): WaitingRun {
  const shape = { nodeId, nodeName: "n1", repairId: "start-runtime", risk: "disruptive", findingId, ...edit };
  const plan = edit.plan ?? planTo("containerd");
  const { findingId: of, repairId } = shape;
  const hashed = { nodeId: shape.nodeId, findingId: of, repairId: undoOfId ? `undo/${undoOfId}` : repairId, plan };
  const planHash = edit.planHash ?? planHashOf(hashed);
  const statement = { v: 1, kind: "plan", runId: id, nodeId: shape.nodeId, nodeName: shape.nodeName, repairId };
  const rest = { planHash, risk: shape.risk, requestedBy: "token:x", expiresAt: Date.now() + 60_000 };
  return {
    ...shape,
    id,
    plan,
    planHash,
    undoOfId,
    approval: { needsSignature: true, toSign: { statement: { ...statement, ...rest }, challenge: "" } },
  } as unknown as WaitingRun;
}

const shown = run();
const preview = { ...shown, planHash: "whatever the console says" } as unknown as RepairPreview;

test("what was shown is signed, by its preview or by the waiting run itself", () => {
  expect(statementOf(shown, shownPreview(preview, null)).planHash).toBe(shown.planHash);
  expect(statementOf(shown, shownRun(shown)).runId).toBe(id);
  const undo = run({}, otherId);
  expect(statementOf(undo, shownPreview(preview, otherId)).planHash).toBe(undo.planHash);
});

test.each([
  { name: "another plan", edit: { plan: planTo("sshd") } },
  { name: "another plan under the hash shown", edit: { plan: planTo("sshd"), planHash: shown.planHash } },
  { name: "the plan shown under another hash", edit: { planHash: "0".repeat(64) } },
  { name: "another node", edit: { nodeId: otherId } },
  { name: "another repair", edit: { repairId: "prune-runtime" } },
  { name: "another risk", edit: { risk: "safe" as const } },
])("$name is not signed", ({ edit }) => {
  expect(() => statementOf(run(edit), shownPreview(preview, null))).toThrow("another plan signed than it showed");
});

test("neither is the statement of another run, nor an undo in place of the repair", () => {
  expect(() => statementOf({ ...shown, id: otherId }, shownPreview(preview, null))).toThrow("nothing was signed");
  expect(() => statementOf(run({}, otherId), shownPreview(preview, null))).toThrow("nothing was signed");
});

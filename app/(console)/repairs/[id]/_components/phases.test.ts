// What the repair page shows at each moment of a repair's life.
import { expect, test } from "vitest";
import type { RepairCommandRow, RepairDetail } from "../../../../../server/repairs/schema.ts";
import { capturedSections, phasesOf } from "./phases.ts";

const text = (en: string) => ({ en, zh: en });
const at = (s: number) => new Date(s * 1000);

const command = (role: "evidence" | "step", stepIndex: number, state: RepairCommandRow["state"]): RepairCommandRow => ({
  id: `${role}-${stepIndex}`,
  role,
  stepIndex,
  type: "module.restart",
  params: {},
  state,
  generation: 1,
  issuedAt: at(1),
  expiresAt: at(121),
  acceptedAt: null,
  endedAt: state === "done" || state === "failed" ? at(2) : null,
  result: null,
});

const step = (title: string): RepairDetail["plan"]["steps"][number] => ({
  title: text(title),
  action: { type: "module.restart", params: { module: "containerd", mode: "start", process: null } },
});

const repair = (part: Partial<RepairDetail>): RepairDetail => ({
  id: "r",
  repairId: "start-runtime",
  title: text("Start"),
  risk: "safe",
  nodeId: "n",
  nodeName: "w1",
  findingId: "f",
  checkId: "runtime-down",
  subject: "containerd",
  state: "queued",
  step: 0,
  stepCount: 2,
  outcome: null,
  approval: null,
  approvedBy: [],
  requestedBy: "user:1",
  createdAt: at(0),
  startedAt: null,
  endedAt: null,
  isUndo: false,
  origin: "person",
  plan: { evidence: { sections: ["kmsg"] }, steps: [step("one"), step("two")], touches: text("") },
  planHash: "",
  guards: [],
  commands: [],
  verifyingAt: null,
  verifies: [],
  settleMs: 2_000,
  verifyWithinMs: 60_000,
  undoOfId: null,
  undoneById: null,
  canUndo: false,
  canCancel: true,
  ...part,
});

const evidenceDone = command("evidence", -1, "done");
const cases: { name: string; part: Partial<RepairDetail>; now: number; expected: string }[] = [
  { name: "queued", part: {}, now: 0, expected: "waiting waiting waiting waiting waiting" },
  {
    name: "capturing, not sent yet",
    part: { state: "capturing" },
    now: 0,
    expected: "active waiting waiting waiting waiting",
  },
  {
    name: "evidence failed, first step runs",
    part: { state: "running", step: 0, commands: [command("evidence", -1, "failed"), command("step", 0, "accepted")] },
    now: 3,
    expected: "noted active waiting waiting waiting",
  },
  {
    name: "second step failed",
    part: {
      state: "failed",
      commands: [evidenceDone, command("step", 0, "done"), command("step", 1, "failed")],
      endedAt: at(5),
    },
    now: 6,
    expected: "done done failed skipped skipped",
  },
  {
    name: "a step with an unknown outcome goes on to verification",
    part: {
      state: "verifying",
      commands: [evidenceDone, command("step", 0, "done"), command("step", 1, "unknown")],
      verifyingAt: at(10),
    },
    now: 11,
    expected: "done done noted active waiting",
  },
  {
    name: "settled, verifying",
    part: {
      state: "verifying",
      commands: [evidenceDone, command("step", 0, "done"), command("step", 1, "done")],
      verifyingAt: at(10),
    },
    now: 13,
    expected: "done done done done active",
  },
  {
    name: "succeeded",
    part: {
      state: "succeeded",
      commands: [evidenceDone, command("step", 0, "done"), command("step", 1, "done")],
      verifyingAt: at(10),
      endedAt: at(15),
    },
    now: 99,
    expected: "done done done done done",
  },
  {
    name: "verification gave up",
    part: {
      state: "failed",
      commands: [evidenceDone, command("step", 0, "done"), command("step", 1, "done")],
      verifyingAt: at(10),
      endedAt: at(70),
    },
    now: 99,
    expected: "done done done done failed",
  },
  {
    name: "cancelled between the steps",
    part: { state: "cancelled", commands: [evidenceDone, command("step", 0, "done")], endedAt: at(5) },
    now: 6,
    expected: "done done skipped skipped skipped",
  },
];

test.each(cases)("$name", ({ part, now, expected }) => {
  expect(
    phasesOf(repair(part), now * 1000)
      .map((phase) => phase.status)
      .join(" "),
  ).toBe(expected);
});

test("captured sections are read, malformed ones left out", () => {
  expect(capturedSections(undefined)).toEqual([]);
  expect(
    capturedSections({
      sections: [null, { title: "x" }, { section: "kmsg", title: "dmesg", text: "oops", truncated: true }],
    }),
  ).toEqual([{ section: "kmsg", title: "dmesg", text: "oops", truncated: true, error: null }]);
});

// What the dispatcher reads of rollouts in a database that it does not believe: the rollout's row, its nodes, and a command of it. Hashes are made to fit, as
// whoever writes rows would make them; what was approved is another row's, and stays what it was.
import { changeHashOf, policyHashOf } from "../../changes/hashes.ts";
import { parseChange } from "../../changes/list.ts";
import { canonicalJson } from "../../protocol/canonical-json.ts";
import type { CommandAction } from "../../protocol/commands.ts";
import { actionRisk } from "../../repairs/action-risk.ts";
import { defaultPolicy } from "../../rollout/policy.ts";
import {
  type AcceptedRollout,
  accept,
  isFault,
  type RolloutRow,
  targetsOf,
} from "../../server/dispatch/rollout-rules.ts";
import { decide } from "../../server/dispatch/rules.ts";
import { NOW } from "../../testing/facts.ts";
import { asText, type Decoder } from "../decoder.ts";
import { jsonInputs } from "../mutate-text.ts";
import { changeSamples } from "./changes.ts";
import { isRecord, typedRows, withHash } from "./dispatch.ts";
import { readJson } from "./json.ts";

const id = "0192f0c1-2d3e-7f40-8a51-62738495a6b7";
const nodeIds = Array.from({ length: 12 }, (_, i) => `0192f0c1-2d3e-7f40-8a51-6273849500${10 + i}`);
const [nodeId = ""] = nodeIds;
const text = { en: "a", zh: "b" };
const approvers = ["user:a", "user:b"];

const policy = defaultPolicy({ risk: "disruptive", count: nodeIds.length, lane: "normal", isReversible: true });
const steps: Record<string, CommandAction[]> = {
  sysctl: [{ type: "sysctl.put", params: { key: "vm.max_map_count", value: "262144" } }],
  "image-prewarm": [{ type: "image.pull", params: { runtime: "containerd", image: "busybox:1", timeoutMs: 500_000 } }],
  command: [{ type: "conntrack.flush", params: { which: ["closed"] } }],
};
const back: CommandAction = { type: "sysctl.restore", params: { key: "vm.max_map_count", putValue: "262144" } };

function rowsOf(change: { kind: string; params: object }, actions: CommandAction[], direction = "apply") {
  const [first] = actions;
  return {
    rollout: { title: "t", change, policy, lane: "normal", origin: "person", phase: "running", requestedBy: "user:a" },
    nodes: nodeIds,
    command: { id, repairId: id, nodeId, role: "step", stepIndex: 0, ...first, queuedAt: NOW },
    run: {
      repairId: `change/${change.kind}`,
      nodeId,
      findingId: null,
      undoOfId: null,
      plan: {
        evidence: { sections: ["kmsg"] },
        steps: actions.map((action) => ({ title: text, action })),
        touches: text,
      },
      state: "running",
      requestedBy: "user:a",
      direction,
    },
  };
}
const samples = changeSamples.flatMap((change) => {
  const actions = steps[change.kind];
  return actions ? [rowsOf(change, actions)] : [];
});
const [sysctl = { kind: "", params: {} }] = changeSamples;
const other: CommandAction = { type: "sysctl.put", params: { key: "vm.max_map_count", value: "262145" } };
const inputs = [
  ...samples,
  rowsOf(sysctl, [back], "revert"),
  // Acts of another change, or of the other direction, under an approved one's name.
  rowsOf(sysctl, steps.command ?? []),
  rowsOf(sysctl, [back]),
  rowsOf(sysctl, [other]),
];

/** Columns have types in the database; `change` and `policy` hold any JSON. Hashes fit. */
function rowFrom(value: Record<string, unknown>, nodes: readonly string[]): RolloutRow {
  const word = (one: unknown, other = "") => (typeof one === "string" ? one : other);
  const { change } = value;
  const kind = isRecord(change) ? word(change.kind) : "";
  const parsed = parseChange({ kind, params: isRecord(change) ? change.params : null });
  return {
    id,
    title: word(value.title),
    change,
    changeHash: "error" in parsed ? "" : changeHashOf({ kind, params: parsed.params }),
    policy: value.policy ?? null,
    policyHash: policyHashOf(value.policy ?? null),
    lane: word(value.lane),
    origin: word(value.origin),
    targetHash: targetsOf(nodes).hash,
    targetCount: new Set(nodes).size,
    phase: word(value.phase),
    requestedBy: word(value.requestedBy),
    owner: null,
  };
}

const approvedRow = rowFrom(samples[0]?.rollout ?? {}, nodeIds);
const approved: AcceptedRollout = {
  rolloutId: id,
  changeHash: approvedRow.changeHash,
  targetHash: approvedRow.targetHash,
  policyHash: approvedRow.policyHash,
  lane: "normal",
  risk: "disruptive",
};

/** The command is made to be the plan's, as the hashes are made to fit. */
function plannedAction(plan: unknown, stepIndex: number): { type: string; params: unknown } | null {
  const step: unknown = isRecord(plan) && Array.isArray(plan.steps) ? plan.steps[stepIndex] : null;
  const action = isRecord(step) ? step.action : null;
  return isRecord(action) && typeof action.type === "string" ? { type: action.type, params: action.params } : null;
}

export const rolloutCommand: Decoder = {
  name: "rollout-command",
  what: "a rollout's row, its nodes and a command of it, from whoever can write rows: nothing but the approved change on approved nodes, or what needs nobody, is ever signed",
  share: { of: 0.03, why: "each rollout is hashed, judged twice, and its policy looked at" },
  generate: jsonInputs(inputs, false),
  decode(input) {
    const value = readJson(asText(input))?.value;
    if (!isRecord(value) || !isRecord(value.rollout) || !isRecord(value.run) || !isRecord(value.command)) return false;
    const nodes = Array.isArray(value.nodes) ? value.nodes.filter((node) => typeof node === "string") : [];
    const row = rowFrom(value.rollout, nodes);
    const rows = typedRows(value.command, value.run);
    const { run } = rows;
    const command = { ...rows.command, ...plannedAction(run.plan, rows.command.stepIndex) };
    const targets = targetsOf(nodes);
    const base = { row, targets, isOver: false };
    if (!isFault(accept({ row, targets, signatures: [], approvers, now: NOW }))) throw new Error("accepted by nobody");
    let isSigned = false;
    for (const accepted of [null, approved]) {
      const decision = decide({
        now: NOW + 1_000,
        frozenEpoch: null,
        command,
        run: withHash({ ...run, rolloutId: id }),
        node: { name: "node-7", isRevoked: false, isQuarantined: false },
        approvers,
        rollout: { ...base, accepted },
        signatures: [],
        acceptedHash: null,
        signed: null,
        isPreviousSigned: true,
        limitReached: () => null,
        rolloutHolds: () => null,
      });
      if (decision.do !== "sign") continue;
      isSigned = true;
      const isSafe = decision.risk === "safe" && actionRisk(decision.action) === "safe";
      if (accepted === null || decision.isFree || row.origin === "single") {
        if (!isSafe) throw new Error(`signed without approval: ${decision.action.type}`);
        continue;
      }
      const isOwn = decision.action.type === "evidence.capture" || isApproved(decision.action, run.direction);
      if (!isOwn || !nodeIds.includes(command.nodeId))
        throw new Error(`not what was approved: ${decision.action.type}`);
    }
    return isSigned;
  },
};

/** Of the one change that was approved. */
const isApproved = (action: CommandAction, direction: string): boolean =>
  canonicalJson(action) === canonicalJson(direction === "apply" ? (steps.sysctl ?? [])[0] : back);

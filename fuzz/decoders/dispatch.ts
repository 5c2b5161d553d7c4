// What the dispatcher reads from a database that it does not believe: queued commands with their runs and plans. Whoever writes rows can also work
// out hashes, so the plan's hash is made to fit before the question is asked.
import { actionRisk } from "../../repairs/action-risk.ts";
import type { Plan } from "../../repairs/define.ts";
import { planHashOf, undoRepairId } from "../../repairs/plan-hash.ts";
import { type CommandRow, decide, type RunRow } from "../../server/dispatch/rules.ts";
import { NOW } from "../../testing/facts.ts";
import { asText, type Decoder } from "../decoder.ts";
import { jsonInputs } from "../mutate-text.ts";
import { readJson } from "./json.ts";

const id = "0192f0c1-2d3e-7f40-8a51-62738495a6b7";
const text = { en: "a", zh: "b" };
type Rows = { command: CommandRow; run: RunRow };

function rowsOf(repairId: string, action: { type: string; params: unknown }, undoOfId: string | null = null): Rows {
  return {
    command: { id, repairId: id, nodeId: id, role: "step", stepIndex: 0, ...action, queuedAt: NOW },
    run: {
      repairId,
      nodeId: id,
      findingId: id,
      undoOfId,
      plan: { evidence: { sections: ["conntrack"] }, steps: [{ title: text, action }], touches: text, guards: [] },
      planHash: "",
      state: "running",
      requestedBy: "user:a",
      owner: null,
      rolloutId: null,
      direction: "apply",
    },
  };
}

const nudge = { type: "process.nudge", params: { process: { pid: 4, startTicks: 5 } } };
const flush = { type: "conntrack.flush", params: { which: ["unreplied"] } };
const sysctl = {
  type: "sysctl.set",
  params: { key: "net.netfilter.nf_conntrack_max", expected: "65536", value: "131072" },
};
const restart = {
  type: "container.restart",
  params: { runtime: "docker", containerId: "a".repeat(64), graceMs: 5_000 },
};
const samples = [
  rowsOf("nudge-zombie-parent", nudge),
  rowsOf("relieve-conntrack", flush),
  rowsOf("relieve-conntrack", sysctl, id),
  rowsOf("restart-container", restart),
  // A disruptive act under a harmless repair's name.
  rowsOf("nudge-zombie-parent", restart),
];

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** Columns have types in the database; only `plan` and `params` hold any JSON. */
export function typedRows(command: Record<string, unknown>, run: Record<string, unknown>): Rows {
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  const orNull = <T>(value: T | undefined, isOf: boolean): T | null => (isOf && value !== undefined ? value : null);
  const { stepIndex, queuedAt } = command as Partial<CommandRow>;
  const { findingId, undoOfId } = run as Partial<RunRow>;
  return {
    command: {
      id: text(command.id),
      repairId: text(command.repairId),
      nodeId: text(command.nodeId),
      role: text(command.role),
      stepIndex: Number.isSafeInteger(stepIndex) ? Number(stepIndex) : 0,
      type: text(command.type),
      params: command.params ?? null,
      queuedAt: orNull(queuedAt, Number.isSafeInteger(queuedAt)),
    },
    run: {
      repairId: text(run.repairId),
      nodeId: text(run.nodeId),
      findingId: orNull(findingId, typeof findingId === "string"),
      undoOfId: orNull(undoOfId, typeof undoOfId === "string"),
      plan: run.plan ?? null,
      planHash: "",
      state: text(run.state),
      requestedBy: text(run.requestedBy),
      owner: null,
      rolloutId: null,
      direction: text(run.direction),
    },
  };
}

/** Makes the run name its own plan, as far as it can be hashed at all. */
export function withHash(run: RunRow): RunRow {
  const { guards: _, ...plan } = isRecord(run.plan) ? run.plan : {};
  const repairId = run.undoOfId === null ? run.repairId : undoRepairId(run.undoOfId);
  const planHash = planHashOf({
    nodeId: run.nodeId,
    findingId: run.findingId,
    repairId,
    plan: plan as unknown as Plan,
  });
  return { ...run, planHash };
}

export const queuedCommand: Decoder = {
  name: "queued-command",
  what: "a queued command with its run and plan, from whoever can write rows; without approvals only what is safe may ever be signed",
  share: { of: 0.25, why: "each plan is hashed twice and judged whole" },
  generate: jsonInputs(samples, false),
  decode(input) {
    const json = readJson(asText(input));
    if (!isRecord(json?.value) || !isRecord(json.value.run) || !isRecord(json.value.command)) return false;
    const { command, run } = typedRows(json.value.command, json.value.run);
    const decision = decide({
      now: NOW + 1_000,
      frozenEpoch: null,
      command,
      run: withHash(run),
      node: { name: "node-7", isRevoked: false, isQuarantined: false },
      approvers: ["user:a", "user:b"],
      rollout: null,
      signatures: [],
      acceptedHash: null,
      signed: null,
      isPreviousSigned: true,
      limitReached: () => null,
      rolloutHolds: () => null,
    });
    if (decision.do === "sign" && (decision.risk !== "safe" || actionRisk(decision.action) !== "safe"))
      throw new Error(`signed without approval: ${decision.action.type}`);
    return decision.do === "sign";
  },
};

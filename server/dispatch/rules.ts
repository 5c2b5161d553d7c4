// May this command be signed? Pure: the queued row and everything known about it go in, one decision comes out. No row is believed: what it says is
// worked out again from the catalogue, the plan and signatures by keys that the dispatcher keeps itself.
import { z } from "zod";
import { canonicalJson } from "../../protocol/canonical-json.ts";
import { CommandAction, type CommandParams } from "../../protocol/commands.ts";
import { type PlanStatement, STATEMENT_TTL_MS } from "../../protocol/statement.ts";
import { actionRisk, planRisk } from "../../repairs/action-risk.ts";
import type { Plan, Risk } from "../../repairs/define.ts";
import { repairById } from "../../repairs/index.ts";
import { planHashOf, undoRepairId } from "../../repairs/plan-hash.ts";
import { approvalRule, countedSigners } from "../approvals/needed.ts";
import type { Kind } from "./limits.ts";
import type { PacePolicy } from "./rollout-pace.ts";
import {
  type AcceptedRollout,
  isFault,
  type JudgedCommand,
  judgeRolloutCommand,
  type RolloutRow,
  type Targets,
} from "./rollout-rules.ts";

/** A command that waited longer than this was meant for another time, ms. */
const QUEUED_MAX_MS = 30 * 60_000;
/** Clock difference between the console's processes, ms. */
const SKEW_MS = 5_000;

const Text = z.strictObject({ en: z.string(), zh: z.string() });
/** A stored plan; nothing in it may hide from its hash but the guards, which are proof and not part of what is done. */
const StoredPlan = z.strictObject({
  evidence: z.record(z.string(), z.unknown()),
  steps: z.array(z.strictObject({ title: Text, action: CommandAction })).max(1_000),
  touches: Text,
  guards: z.unknown().optional(),
});

export type CommandRow = {
  id: string;
  repairId: string;
  nodeId: string;
  role: string;
  stepIndex: number;
  type: string;
  params: unknown;
  queuedAt: number | null;
};
export type RunRow = {
  repairId: string;
  nodeId: string;
  findingId: string | null;
  undoOfId: string | null;
  plan: unknown;
  planHash: string;
  state: string;
  requestedBy: string;
  /** "user:<id>" of the owner of the token that asked, if any. */
  owner: string | null;
  /** The rollout that it is part of; none: it is judged by its own plan. */
  rolloutId: string | null;
  direction: string;
};
export type NodeRow = { name: string; isRevoked: boolean; isQuarantined: boolean };

/** A signature that was checked: it is right, and its key is accepted now. */
export type Signature = { statement: PlanStatement; challenge: string; person: string; keyId: string };

export type Inputs = {
  now: number;
  frozenEpoch: number | null;
  command: CommandRow;
  run: RunRow | null;
  node: NodeRow | null;
  /** Persons that can approve: holders of accepted keys, and accounts that may approve. */
  approvers: readonly string[];
  /** The rollout of the run; null when it has none, or its row is gone. */
  rollout: { row: RolloutRow; targets: Targets; accepted: AcceptedRollout | null; isOver: boolean } | null;
  /** What the dispatcher's own memory of an accepted rollout speaks against: too fast, or too often on one node. */
  rolloutHolds: (policy: PacePolicy) => "pace" | "too-often" | null;
  /** For this run. */
  signatures: readonly Signature[];
  /** Plan hash with which this run's approvals were accepted earlier. */
  acceptedHash: string | null;
  /** Command that was signed for this place of the run, and whether it can still be carried out. */
  signed: { commandId: string; isFresh: boolean } | null;
  /** Whether the step before it was signed. */
  isPreviousSigned: boolean;
  /** The dispatcher's own word on shells (policy.json); without it there are none. */
  shells?: { allow: boolean; maxMinutes: number };
  /** The limit that speaks against one more command of this kind without approval. */
  limitReached: (kind: Kind) => string | null;
};

export type Decision =
  | { do: "sign"; action: CommandAction; risk: Risk; kind: Kind; isFree: boolean; approvals: readonly Signature[] }
  /** It was signed before a crash and did not get into its row: the same bytes once more. */
  | { do: "repeat" }
  /** Stays queued and is asked again. */
  | { do: "wait"; code: string; message: string }
  | { do: "refuse"; code: string; message: string };

const refuse = (code: string, message: string): Decision => ({ do: "refuse", code, message });
const wait = (code: string, message: string): Decision => ({ do: "wait", code, message });

/** `rollout`: by which the run is judged as a part. */
type Planned = {
  action: CommandAction;
  risk: Risk;
  planHash: string;
  repairId: string;
  rollout: Omit<JudgedCommand, "risk"> | null;
};

/** What the command is by the plan, or why it is nothing that may be done. */
function planned(inputs: Inputs): Planned | Decision {
  const { command, run, node, now } = inputs;
  if (!run || !node) return refuse("no-run", "there is no such run or node");
  if (run.nodeId !== command.nodeId) return refuse("wrong-node", "the run is for another node");
  if (node.isRevoked) return refuse("revoked", "the node's identity was revoked");
  if (node.isQuarantined) return refuse("quarantined", "the node's identity is in quarantine");
  if (run.state !== "capturing" && run.state !== "running") return refuse("run-not-active", `the run is ${run.state}`);
  if (command.queuedAt === null || now - command.queuedAt > QUEUED_MAX_MS)
    return refuse("too-old", "the command waited for too long");
  const plan = StoredPlan.safeParse(run.plan);
  if (!plan.success) return refuse("malformed", `plan: ${issueOf(plan.error)}`);
  const { guards: _, ...hashed } = run.plan as Plan & { guards?: unknown }; // parsed just now
  const repairId = run.undoOfId === null ? run.repairId : undoRepairId(run.undoOfId);
  const planHash = planHashOf({ nodeId: run.nodeId, findingId: run.findingId, repairId, plan: hashed });
  if (planHash !== run.planHash) return refuse("plan-changed", "the plan is not the one that its hash names");
  const wanted =
    command.role === "evidence" && command.stepIndex === 0
      ? CommandAction.safeParse({ type: "evidence.capture", params: plan.data.evidence }).data
      : command.role === "step"
        ? plan.data.steps[command.stepIndex]?.action
        : undefined;
  if (!wanted) return refuse("not-planned", `the plan has no ${command.role} ${command.stepIndex}`);
  const action = CommandAction.safeParse({ type: command.type, params: command.params });
  if (!action.success) return refuse("malformed", `${command.type}: ${issueOf(action.error)}`);
  if (canonicalJson(action.data) !== canonicalJson(wanted))
    return refuse("not-planned", "the command is not the one that the plan holds");
  const judged = judgedBy(inputs, action.data, plan.data);
  return "do" in judged ? judged : { action: action.data, planHash, repairId: run.repairId, ...judged };
}

/** Runs of the debugger, by what they may do. */
const LOOKS: Record<string, CommandAction["type"]> = {
  "debug.report": "debug.collect",
  "debug.shell": "shell.open",
};

/** Commands that only read: they count for the limit of evidence. */
const READS: readonly string[] = ["evidence.capture", "debug.collect"];

/** A shell is its own run's and nothing else's, and only where the dispatcher's own file allows shells. */
function shellFault(
  { shellId, seconds }: CommandParams<"shell.open">,
  command: CommandRow,
  run: RunRow,
  shells: Inputs["shells"],
): Decision | null {
  if (!shells?.allow) return refuse("shells-off", "the dispatcher's policy does not allow shells (shells.allow)");
  if (run.repairId !== "debug.shell" || run.rolloutId !== null)
    return refuse("not-planned", "shell.open belongs to no repair and no rollout");
  if (shellId !== command.repairId) return refuse("not-planned", "the shell is not that of its run");
  if (seconds > shells.maxMinutes * 60)
    return refuse("shell-too-long", `the dispatcher's policy allows ${shells.maxMinutes} minutes`);
  return null;
}

/** The risk of the run's plan: as a part of its rollout, else by the catalogue of repairs. A rollout of one run is that run. */
function judgedBy(
  { command, run, rollout, approvers, isPreviousSigned, shells }: Inputs,
  action: CommandAction,
  plan: z.output<typeof StoredPlan>,
): Pick<Planned, "risk" | "rollout"> | Decision {
  if (!run) return refuse("no-run", "there is no such run");
  if (action.type === "shell.open") {
    const fault = shellFault(action.params, command, run, shells);
    if (fault) return fault;
  }
  if (run.rolloutId !== null && rollout?.row.id !== run.rolloutId)
    return refuse("no-rollout", "there is no such rollout");
  if (rollout && rollout.row.origin !== "single") {
    const { nodeId, role, stepIndex } = command;
    const isBegun = role === "step" && stepIndex > 0 && isPreviousSigned;
    const { direction } = run;
    const part = judgeRolloutCommand({
      ...rollout,
      approvers,
      nodeId,
      direction,
      role,
      isBegun,
      action,
      steps: plan.steps,
    });
    if (isFault(part)) return refuse(part.code, part.message);
    const { risk, isFree, policy } = part;
    return { risk, rollout: { isFree, policy } };
  }
  // A look into a node is as risky as what it does there; only these two actions are looks.
  const looks = Object.hasOwn(LOOKS, run.repairId) ? LOOKS[run.repairId] : undefined;
  if (looks !== undefined) {
    const [only] = plan.steps;
    if (action.type !== looks || plan.steps.length !== 1 || only?.action.type !== looks)
      return refuse("not-planned", `${run.repairId} is one ${looks} and nothing else`);
    return { risk: actionRisk(action), rollout: null };
  }
  const definition = repairById(run.repairId);
  if (!definition) return refuse("unknown-repair", `${run.repairId} is not in the catalogue`);
  if (run.undoOfId !== null && !definition.undo) return refuse("no-undo", `${run.repairId} has no undo`);
  // To look costs nothing, whatever the plan goes on to do.
  return { risk: command.role === "evidence" ? actionRisk(action) : planRisk(definition, plan), rollout: null };
}

function issueOf(error: z.ZodError): string {
  const issue = error.issues[0];
  return `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not understood"}`.slice(0, 500);
}

/** Signatures over exactly this run and plan, still good. */
function fitting({ command, run, node, signatures, now }: Inputs, { planHash, repairId, risk }: Planned): Signature[] {
  return signatures.filter(
    ({ statement: s }) =>
      s.runId === command.repairId &&
      s.nodeId === command.nodeId &&
      s.nodeName === node?.name &&
      s.repairId === repairId &&
      s.planHash === planHash &&
      s.risk === risk &&
      (s.requestedBy === run?.requestedBy || s.requestedBy === run?.owner) &&
      s.expiresAt > now &&
      s.expiresAt <= now + STATEMENT_TTL_MS + SKEW_MS,
  );
}

/** The signatures that make the run's approval, or what is missing. */
function approvalsFor(inputs: Inputs, plan: Planned): readonly Signature[] | Decision {
  const { run, approvers, acceptedHash } = inputs;
  if (acceptedHash !== null) {
    return acceptedHash === plan.planHash ? [] : refuse("plan-changed", "another plan of this run was approved");
  }
  const rule = approvalRule(plan.risk, approvers);
  const found = fitting(inputs, plan);
  const requesters = [run?.requestedBy ?? "", run?.owner ?? ""];
  const persons = requesters.reduce<string[]>(
    (left, requester) => countedSigners(rule, requester, left),
    found.map(({ person }) => person),
  );
  if (persons.length >= rule.needed) return found.filter(({ person }) => persons.includes(person));
  return refuse(
    "not-approved",
    `${plan.risk}: ${rule.needed} valid ${rule.needed === 1 ? "signature" : "signatures"} needed${rule.countsRequester ? "" : " from somebody other than the requester"}, ${persons.length} there`,
  );
}

const isDecision = (value: object): value is Decision => "do" in value;

/** The one place where a signature is decided on. */
export function decide(inputs: Inputs): Decision {
  const { command, frozenEpoch, signed, isPreviousSigned, limitReached } = inputs;
  if (frozenEpoch !== null) return wait("frozen", `the fleet is frozen (${frozenEpoch})`);
  const plan = planned(inputs);
  if (isDecision(plan)) return plan;
  if (signed) {
    if (signed.commandId === command.id && signed.isFresh) return { do: "repeat" };
    return refuse("signed-before", "this step of the run was signed before");
  }
  if (command.role === "step" && command.stepIndex > 0 && !isPreviousSigned)
    return refuse("out-of-order", "the step before it was not signed");
  const kind: Kind = READS.includes(plan.action.type) ? "evidence" : "change";
  const { action, risk } = plan;
  // What an accepted rollout covers needs nobody's word again, and counts for no limit but its own: the waves of its policy.
  if (plan.rollout && !plan.rollout.isFree) {
    const hold = inputs.rolloutHolds(plan.rollout.policy);
    if (hold === "too-often") return refuse(hold, "the rollout was begun on this node too often");
    if (hold === "pace") return wait(hold, "more new nodes at once than the next wave of its policy may have");
    return { do: "sign", action, risk, kind, isFree: false, approvals: [] };
  }
  if (risk !== "safe") {
    const approvals = approvalsFor(inputs, plan);
    return Array.isArray(approvals)
      ? { do: "sign", action, risk, kind, isFree: false, approvals }
      : (approvals as Decision);
  }
  const limit = limitReached(kind);
  if (limit !== null) return wait(limit, limitText[limit] ?? limit);
  return { do: "sign", action, risk, kind, isFree: true, approvals: [] };
}

const limitText: Record<string, string> = {
  "fleet-rate": "too many commands without approval in the whole fleet; it goes on as the rate allows",
  "node-rate": "too many commands without approval on this node; it goes on as the rate allows",
  spread: "too many different nodes were changed without approval in a short time; it goes on later",
};

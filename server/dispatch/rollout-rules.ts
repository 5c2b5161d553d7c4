// May this command of a rollout be signed? Pure. What was approved is one statement: this change, by these rules, on exactly these nodes. Hashes and risk are
// worked out again from what the rows hold; whether a command belongs to the change is the change's own say, never the row's.
import type { z } from "zod";
import { changeHashOf, policyHashOf, sha256Of } from "../../changes/hashes.ts";
import { type AnyChange, parseChange } from "../../changes/list.ts";
import { canonicalJson } from "../../protocol/canonical-json.ts";
import type { CommandAction } from "../../protocol/commands.ts";
import { type RolloutStatement, STATEMENT_TTL_MS } from "../../protocol/statement.ts";
import { actionRisk, isAtLeast, worstRisk } from "../../repairs/action-risk.ts";
import type { Risk } from "../../repairs/define.ts";
import { targetText } from "../../rollout/plan.ts";
import { countedSigners, rolloutRule } from "../approvals/needed.ts";
import { type PacePolicy, readPolicy } from "./rollout-pace.ts";

/** Clock difference between the console's processes, ms. */
const SKEW_MS = 5_000;

/** The row of a rollout: nothing of it is believed. */
export type RolloutRow = {
  id: string;
  title: string;
  change: unknown;
  changeHash: string;
  policy: unknown;
  policyHash: string;
  lane: string;
  origin: string;
  targetHash: string;
  targetCount: number;
  phase: string;
  requestedBy: string;
  /** "user:<id>" of the owner of the token that asked, if any. */
  owner: string | null;
};

/** The nodes that may be changed, with their hash worked out here. */
export type Targets = { ids: ReadonlySet<string>; hash: string };
export const targetsOf = (ids: Iterable<string>): Targets => {
  const set = new Set(ids);
  return { ids: set, hash: sha256Of(targetText(set)) };
};

/** A rollout whose signatures were enough, as the dispatcher keeps it on its own disk. */
export type AcceptedRollout = Pick<
  RolloutStatement,
  "rolloutId" | "changeHash" | "targetHash" | "policyHash" | "lane" | "risk"
>;

/** A signature that was checked: it is right, and its key is accepted now. */
export type RolloutSignature = { statement: RolloutStatement; challenge: string; person: string; keyId: string };

export type Fault = { code: string; message: string };
const fault = (code: string, message: string): Fault => ({ code, message });
export const isFault = (value: object): value is Fault => "code" in value;

type Facts = AcceptedRollout & {
  change: AnyChange;
  params: z.output<z.ZodType>;
  kind: string;
  targetCount: number;
  policy: PacePolicy;
};

/** The same row with the same nodes says the same: worked out once for all the commands that were read with it. */
const known = new WeakMap<RolloutRow, { targets: Targets; facts: Facts | Fault }>();

function readRollout(row: RolloutRow, targets: Targets): Facts | Fault {
  const before = known.get(row);
  if (before?.targets === targets) return before.facts;
  const facts = workOut(row, targets);
  known.set(row, { targets, facts });
  return facts;
}

/** What the rows say when everything in them is worked out again, or where they contradict themselves. */
function workOut(row: RolloutRow, targets: Targets): Facts | Fault {
  const kind = (row.change as { kind?: unknown } | null)?.kind;
  const params = (row.change as { params?: unknown } | null)?.params;
  if (typeof kind !== "string") return fault("malformed", "the change cannot be read");
  const parsed = parseChange({ kind, params });
  if ("error" in parsed) return fault("malformed", `change: ${parsed.error}`);
  const changeHash = changeHashOf({ kind, params: parsed.params });
  if (changeHash !== row.changeHash) return fault("change-changed", "the change is not the one that its hash names");
  const policyHash = policyHashOf(row.policy);
  if (policyHash !== row.policyHash) return fault("policy-changed", "the policy is not the one that its hash names");
  const policy = readPolicy(row.policy);
  if (!policy) return fault("malformed", "no rollout may go by such a policy");
  const { lane } = policy;
  if (lane !== row.lane) return fault("lane-changed", "the lane is not the one of the policy");
  if (targets.ids.size === 0) return fault("no-targets", "the rollout is for no node");
  if (targets.hash !== row.targetHash || targets.ids.size !== row.targetCount)
    return fault("targets-changed", "the nodes are not those that their hash names");
  const risk = parsed.definition.risk(parsed.params);
  const { definition: change } = parsed;
  const { id: rolloutId, targetHash, targetCount } = row;
  return {
    rolloutId,
    kind,
    change,
    params: parsed.params,
    changeHash,
    policyHash,
    policy,
    lane,
    risk,
    targetHash,
    targetCount,
  };
}

/** Signatures over exactly this rollout, still good. */
const fitting = (row: RolloutRow, facts: Facts, signatures: readonly RolloutSignature[], now: number) =>
  signatures.filter(
    ({ statement: s }) =>
      s.rolloutId === row.id &&
      s.title === row.title &&
      s.change === facts.kind &&
      s.changeHash === facts.changeHash &&
      s.targetHash === facts.targetHash &&
      s.targetCount === facts.targetCount &&
      s.policyHash === facts.policyHash &&
      s.lane === facts.lane &&
      s.risk === facts.risk &&
      (s.requestedBy === row.requestedBy || s.requestedBy === row.owner) &&
      s.expiresAt > now &&
      s.expiresAt <= now + STATEMENT_TTL_MS + SKEW_MS,
  );

/**
 * Whether the signatures that are there are enough, so that the rollout is accepted from now on: forth and back, until it is over.
 * @param input.approvers persons that can approve: holders of accepted keys, and accounts that may approve
 */
export function accept(input: {
  row: RolloutRow;
  targets: Targets;
  signatures: readonly RolloutSignature[];
  approvers: readonly string[];
  now: number;
}): { accepted: AcceptedRollout; by: readonly RolloutSignature[] } | Fault {
  const { row, targets, signatures, approvers, now } = input;
  const facts = readRollout(row, targets);
  if (isFault(facts)) return facts;
  const rule = rolloutRule(facts, approvers);
  const found = fitting(row, facts, signatures, now);
  const persons = [row.requestedBy, row.owner ?? ""].reduce<string[]>(
    (left, requester) => countedSigners(rule, requester, left),
    found.map(({ person }) => person),
  );
  if (persons.length < Math.max(1, rule.needed))
    return fault(
      "not-approved",
      `${facts.risk}, ${facts.targetCount} nodes, ${facts.lane} lane: ${rule.needed} valid signatures needed${rule.countsRequester ? "" : " from somebody other than the requester"}, ${persons.length} there`,
    );
  const { rolloutId, changeHash, targetHash, policyHash, lane, risk } = facts;
  return {
    accepted: { rolloutId, changeHash, targetHash, policyHash, lane, risk },
    by: found.filter(({ person }) => persons.includes(person)),
  };
}

export type RolloutCommand = {
  row: RolloutRow;
  targets: Targets;
  /** Null: never approved, which is enough for what is safe and small. */
  accepted: AcceptedRollout | null;
  /** It was accepted once, and was seen to be over. */
  isOver: boolean;
  approvers: readonly string[];
  nodeId: string;
  direction: string;
  role: string;
  /** A step of the same run was signed before: half an act is worse than a whole one. */
  isBegun: boolean;
  action: CommandAction;
  /** Every step of the run's plan. */
  steps: readonly { action: CommandAction }[];
};

/** While it stands so, work is begun; on the way back also while it waits or was halted, and in rehearsal while it runs. */
const BEGINS: Record<"apply" | "revert", readonly string[]> = {
  apply: ["running"],
  revert: ["running", "paused", "halted", "rolling-back"],
};
/** … and what was begun is brought to its end. */
const ENDS: readonly string[] = ["running", "paused", "halted", "rolling-back"];

/** `isFree`: nobody had to approve it. `policy`: by which an approved one goes. */
export type JudgedCommand = { risk: Risk; isFree: boolean; policy: PacePolicy };

/** What the command is by its rollout, or what speaks against it. */
export function judgeRolloutCommand(input: RolloutCommand): JudgedCommand | Fault {
  const { row, targets, accepted, nodeId, direction, role, action, steps } = input;
  if (direction !== "apply" && direction !== "revert")
    return fault("no-direction", "the run goes neither forth nor back");
  if (!(input.isBegun ? ENDS : BEGINS[direction]).includes(row.phase))
    return fault(
      "rollout-not-active",
      `the rollout is ${row.phase}: nothing goes ${direction === "apply" ? "forth" : "back"}`,
    );
  if (input.isOver) return fault("rollout-over", "the rollout was over; its approval holds no more");
  const facts = readRollout(row, targets);
  if (isFault(facts)) return facts;
  if (!targets.ids.has(nodeId)) return fault("not-a-target", "the node is not among those of the rollout");
  // The plan as a whole: no step that is not the change's own hides behind one that is.
  for (const step of steps)
    if (!facts.change.covers(facts.params, step.action, direction))
      return fault(
        "not-covered",
        `${step.action.type} does not belong to the change, on its way ${direction === "apply" ? "forth" : "back"}`,
      );
  // Each once: a plan that restarts a module a thousand times is made of nothing but steps of the change.
  if (new Set(steps.map((step) => canonicalJson(step.action))).size < steps.length)
    return fault("step-twice", "the plan has the same step twice");
  const { policy } = facts;
  const risk =
    role === "evidence" ? actionRisk(action) : worstRisk([facts.risk, ...steps.map((s) => actionRisk(s.action))]);
  if (!accepted) {
    if (rolloutRule(facts, input.approvers).needed > 0 || risk !== "safe")
      return fault(
        "not-approved",
        `${facts.risk}, ${facts.targetCount} nodes, ${facts.lane} lane: the rollout was not approved`,
      );
    return { risk, isFree: true, policy };
  }
  const differs = (["rolloutId", "changeHash", "targetHash", "policyHash", "lane", "risk"] as const).find(
    (field) => accepted[field] !== facts[field],
  );
  if (differs !== undefined) return fault("rollout-changed", `another ${differs} was approved`);
  if (!isAtLeast(accepted.risk, risk)) return fault("too-risky", `${risk}, and ${accepted.risk} was approved`);
  return { risk, isFree: false, policy };
}

// How many signatures, and of whom: the one rule that the console counts by and the dispatcher judges by. Pure.
import type { Risk } from "../../repairs/define.ts";

/**
 * `needed`: different persons that must have signed. `countsRequester`: whether the requester may be one of them.
 * safe: nobody. disruptive: somebody other than the requester. destructive: two persons, the requester may be one.
 * Where only one person can approve, that person's signature is enough for anything.
 */
export type ApprovalRule = { needed: number; countsRequester: boolean };

/** @param approvers persons that can approve: holders of accepted keys, and enabled accounts that may approve */
export function approvalRule(risk: Risk, approvers: Iterable<string>): ApprovalRule {
  const isAlone = new Set(approvers).size < 2;
  switch (risk) {
    case "safe":
      return { needed: 0, countsRequester: true };
    case "disruptive":
      return { needed: 1, countsRequester: isAlone };
    case "destructive":
      return { needed: isAlone ? 1 : 2, countsRequester: true };
  }
}

/** A rollout of something safe on so many nodes is what a person could start by hand, one by one. */
export const FREE_NODES_MAX = 10;

/**
 * A rollout touches many nodes by one word: only what is safe, small and not in a hurry needs nobody. Else somebody other than the requester; two persons
 * for what is destructive, and for the fast lane, whose waves are shorter.
 * @param approvers as for `approvalRule`
 */
export function rolloutRule(
  rollout: { risk: Risk; lane: "normal" | "fast"; targetCount: number },
  approvers: Iterable<string>,
): ApprovalRule {
  const { risk, lane, targetCount } = rollout;
  if (risk === "destructive" || lane === "fast") return approvalRule("destructive", approvers);
  return approvalRule(risk === "safe" && targetCount <= FREE_NODES_MAX ? "safe" : "disruptive", approvers);
}

/**
 * The persons whose signatures count, each once.
 * @param requestedBy `PlanStatement.requestedBy`: the person ("user:<id>") also when they came by a token of theirs
 * @param signers persons of the keys whose signatures over this very statement are valid
 */
export function countedSigners(rule: ApprovalRule, requestedBy: string, signers: Iterable<string>): string[] {
  return [...new Set(signers)].filter((person) => rule.countsRequester || person !== requestedBy);
}

export const isApproved = (rule: ApprovalRule, requestedBy: string, signers: Iterable<string>): boolean =>
  countedSigners(rule, requestedBy, signers).length >= rule.needed;

/** Different persons that must sign the lift of a freeze. @param approvers as for `approvalRule` */
export const liftsNeeded = (approvers: Iterable<string>): number => (new Set(approvers).size < 2 ? 1 : 2);

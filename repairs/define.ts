// What a repair is: metadata, guards with proof, and a pure plan – a list of typed commands that can be shown, approved, signed and replayed.
import type { CommandAction, CommandResult, EvidenceSection } from "../protocol/commands.ts";
import type { Facts } from "../protocol/facts.ts";
import type { Text } from "../protocol/text.ts";

export type Risk = "safe" | "disruptive" | "destructive";

/** What a plan is made from: the finding and everything known of the node. */
export type RepairContext = {
  node: { id: string; name: string };
  finding: { checkId: string; subject: string; params: Record<string, unknown> };
  facts: Facts;
  now: number;
};

/** A condition that must hold before anything is touched; `detail` is the proof or what speaks against it. */
export type Guard = { id: string; title: Text; ok: boolean; detail: string };

export type Step = { title: Text; action: CommandAction };

/** A step that was dispatched, with its outcome. */
export type DoneStep = { step: Step; result: CommandResult };

export type EvidencePlan = {
  sections: EvidenceSection[];
  module?: string;
  process?: { pid: number; startTicks: number };
  containerId?: string;
  path?: string;
};

export type Plan = {
  /** Captured before the first step; a failure to capture does not stop the repair, it is noted. */
  evidence: EvidencePlan;
  steps: Step[];
  /** One sentence: what is touched and what is not. */
  touches: Text;
};

export type RepairDefinition<Id extends string = string> = {
  id: Id;
  title: Text;
  risk: Risk;
  /** Checks that must be green afterwards. */
  verifies: readonly string[];
  /** Each of these checks stands for itself: only the one that raised the finding must be green (default: all). */
  verifiesOwnOnly?: boolean;
  /** Time between the last step and the first look of the verification. */
  settleMs: number;
  /** Verification gives up after this. */
  verifyWithinMs: number;
  /** Conditions with proof, never throws; the repair may run only when every one is ok. Asked for the preview and again right before dispatch. */
  guards: (ctx: RepairContext) => Guard[];
  /** The plan, or why there is nothing to do. Pure: the same context gives the same plan, byte for byte (its hash is what gets approved). */
  plan: (ctx: RepairContext) => Plan | { nothing: Text };
  /** Steps that take the repair back, last step first, from what was done; absent where there is no way back, empty when nothing is left to undo. */
  undo?: (ctx: RepairContext, done: readonly DoneStep[]) => Step[];
};

/** The checks that must be green after the repair of a finding of this check. */
export function verifiedChecks(definition: RepairDefinition, checkId: string | undefined): readonly string[] {
  if (!definition.verifiesOwnOnly || checkId === undefined) return definition.verifies;
  return definition.verifies.filter((id) => id === checkId);
}

/** Keeps the literal id. */
export function defineRepair<const Id extends string>(definition: RepairDefinition<Id>): RepairDefinition<Id> {
  return definition;
}

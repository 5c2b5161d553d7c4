// What a change is that rollouts bring to nodes: typed parameters, the steps forth and back, and the proof that a command belongs to it. One file and
// one line in list.ts each.
import type { z } from "zod";
import type { CommandAction } from "../protocol/commands.ts";
import type { FactKind, Facts } from "../protocol/facts.ts";
import type { Text } from "../protocol/text.ts";
import type { DoneStep, Plan, Risk, Step } from "../repairs/define.ts";

/** What a plan for one node is made from. */
export type ChangeContext = {
  node: { id: string; name: string; labels: Readonly<Record<string, string>> };
  facts: Facts;
  now: number;
  /** Of a repair: the node's finding. */
  finding: { id: string; checkId: string; subject: string; params: Record<string, unknown> } | null;
};

/** `nothing`: the node has it already, or it does not concern it (`isThere`: it has it). `refused`: it must not be done here now. */
export type NodePlan = { plan: Plan } | { nothing: Text; isThere: boolean } | { refused: Text };

export type ChangeDefinition<Kind extends string = string, Params extends z.ZodType = z.ZodType> = {
  kind: Kind;
  title: Text;
  /** One sentence for the wizard: what it is for. */
  about: Text;
  /** Strict, bounded; every text has an end. */
  params: Params;
  /** node: steps are signed commands; centre: the console's own rows change, node by node, in the same waves. */
  on: "node" | "centre";
  /** One line for lists: "vm.max_map_count = 262144". */
  summary: (params: z.output<Params>) => Text;
  /** The worst that a step of it can be. */
  risk: (params: z.output<Params>) => Risk;
  /** Whether there is a way back for every node. */
  isReversible: (params: z.output<Params>) => boolean;
  /** on-sick: it is for nodes with the finding that it mends. */
  acts: "on-well" | "on-sick";
  /** Kinds of facts that its plan and its way back look at, so that no more is read of many thousand nodes; left out: all that there are. */
  needs?: readonly FactKind[];
  /** Forth. Pure. */
  plan: (params: z.output<Params>, ctx: ChangeContext) => NodePlan;
  /** Back, from what was done on this node, last step first; empty: nothing to take back. */
  revert: (params: z.output<Params>, done: readonly DoneStep[], ctx: ChangeContext) => Step[];
  /** Whether this very command may be signed for a rollout of these parameters, whatever the rest of the database says. Asked by the dispatcher. */
  covers: (params: z.output<Params>, action: CommandAction, direction: "apply" | "revert") => boolean;
  /** Modules of the node that it touches: the judge watches them, and their restart is the proof that the changed path ran (when `provesByRestart`). */
  touchesModules: (params: z.output<Params>) => readonly string[];
  /** Whether the changed path was seen to run on a node since it was changed; null: this change has no such sign, being there is enough. */
  pathRan: (params: z.output<Params>, facts: Facts, since: number) => boolean | null;
};

/** Keeps the literal kind and the type of the parameters. */
export const defineChange = <const Kind extends string, Params extends z.ZodType>(
  definition: ChangeDefinition<Kind, Params>,
): ChangeDefinition<Kind, Params> => definition;

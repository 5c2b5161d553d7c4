// Inputs and outputs of checks that are written at run time: definitions (CEL over facts), versions, states, back-tests. Client-safe.
import { z } from "zod";
import type { Evidence, Severity } from "../../checks/define.ts";
import { FactKind } from "../../protocol/facts.ts";
import type { Text } from "../../protocol/text.ts";

/** Longest expression, characters. */
export const EXPRESSION_CHARS_MAX = 2_000;

const customStates = ["draft", "shadow", "active", "retired"] as const;
export const CustomState = z.enum(customStates);
/** draft: never evaluated; shadow: evaluated, findings shown nowhere but here; active: like any check; retired: over, its findings go. */
export type CustomState = z.infer<typeof CustomState>;

export const areas = [
  "runtime",
  "shim",
  "container",
  "sandbox",
  "image",
  "storage",
  "network",
  "dns",
  "kernel",
  "cgroup",
  "process",
  "memory",
  "cpu",
  "time",
  "plugin",
  "lxcfs",
  "kubelet",
  "systemd",
  "hardware",
  "gpu",
  "security",
  "workload",
  "node",
  "agent",
] as const;

/** Id of a check: kebab-case letters, like the built-in ones. */
export const CheckId = z
  .string()
  .min(3)
  .max(60)
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "lower-case words joined by hyphens");

const Expression = z.string().trim().min(1).max(EXPRESSION_CHARS_MAX);
/** English always; 中文 falls back to it. */
const Words = (max: number) =>
  z.object({ en: z.string().trim().min(1).max(max), zh: z.string().trim().max(max).optional() });
const Delay = z.number().int().min(0).max(86_400_000);

export const Fixture = z.object({
  name: z.string().trim().min(1).max(80),
  /** Kind → data as an agent would send it; kinds that are left out are missing facts. Partial data is taken as it is. */
  facts: z.partialRecord(FactKind, z.json()),
  /** "ok", "unknown", or the subjects that must have a problem. */
  expect: z.union([z.literal("ok"), z.literal("unknown"), z.array(z.string().max(200)).min(1).max(50)]),
  /** Subjects with an open finding, to try `clear`. */
  open: z.array(z.string().max(200)).max(50).default([]),
});
export type Fixture = z.infer<typeof Fixture>;

export const CheckDraft = z.object({
  title: Words(80),
  area: z.enum(areas),
  severity: z.enum(["critical", "warning", "info"]),
  /** Facts that the expressions may read; a missing, unreadable or stale one makes the outcome unknown. */
  needs: z.array(FactKind).min(1).max(6),
  /** CEL → list: each item is looked at by itself, as `item`. Left out: one look a node. */
  each: Expression.optional(),
  /** CEL → text or number: identity of the finding; must stay the same while the problem lasts. Left out: "node". */
  subject: Expression.optional(),
  /** CEL → bool: true is a problem. */
  problem: Expression,
  /** CEL → bool: with it, an open finding stays until this is true. Left out: until `problem` is false. */
  clear: Expression.optional(),
  /** Text with CEL in `{{ }}`. */
  message: Words(500),
  suggestion: Words(500),
  raiseAfterMs: Delay.default(30_000),
  clearAfterMs: Delay.default(30_000),
  factTtlMs: Delay.min(60_000).default(300_000),
  fixtures: z.array(Fixture).max(20).default([]),
});
export type CheckDraft = z.infer<typeof CheckDraft>;

/** Something wrong with a definition. `field` is "problem", "message.en", "fixtures.0"; offsets count characters of that field's text. */
export type DraftError = { field: string; message: Text; start: number | null; end: number | null };

export type FixtureResult = {
  name: string;
  isPassed: boolean;
  expected: "ok" | "unknown" | string[];
  actual: "ok" | "unknown" | string[];
  /** Why it is unknown; "" otherwise. */
  reason: string;
  messages: { subject: string; message: Text }[];
};
export type Tried = { errors: DraftError[]; fixtures: FixtureResult[]; isPassed: boolean };

/** A look of one check at stored facts; nothing is stored of it but this. */
export type BackTest = {
  /** Nodes that were selected, and those of them that were looked at (fewer when it was cut short). */
  selected: number;
  nodes: number;
  ok: number;
  unknown: number;
  /** Nodes with a problem, and problems. */
  problemNodes: number;
  problems: number;
  /** Of the problems: those with an open finding of this check already, and those without. */
  alreadyOpen: number;
  wouldOpen: number;
  /** The commonest reasons for unknown, at most 10. */
  unknownReasons: { reason: string; nodes: number }[];
  /** At most 50. */
  sample: {
    nodeId: string;
    nodeName: string;
    subject: string;
    severity: Severity;
    message: Text;
    evidence: Evidence[];
    isOpen: boolean;
  }[];
  wallMs: number;
  /** CPU of evaluation alone, and of the process meanwhile. */
  evaluateMs: number;
  cpuMs: number;
  /** Why it ended before the last node; null when it did not. */
  cutShort: "time" | "cancelled" | null;
  at: string;
};
/** As it is told: what it cost only to those who see the whole fleet, for it tells how busy these processes are with everybody's nodes. */
export type ShownBackTest = Omit<BackTest, "wallMs" | "evaluateMs" | "cpuMs"> & {
  wallMs: number | null;
  evaluateMs: number | null;
  cpuMs: number | null;
};
/** What is kept with a version: the counts, no node. */
export type BackTestSummary = Omit<BackTest, "sample" | "unknownReasons">;

export const Target = z.union([
  /** A definition that is not saved; with an id its problems are compared with that check's open findings. */
  z.object({ draft: CheckDraft, id: CheckId.optional() }),
  z.object({ id: CheckId, version: z.number().int().positive() }),
  /** A built-in check, or the newest version of a custom one. */
  z.object({ id: CheckId }),
]);
export type Target = z.infer<typeof Target>;

export const BackTestInput = z.object({
  target: Target,
  /** Text of selectors/; an empty one is no node. */
  selector: z.string().max(500).default("*"),
});
export const TryFixtures = z.object({ draft: CheckDraft });
export const SaveCheck = z.object({ id: CheckId, draft: CheckDraft });
export const SetCustomState = z.object({
  id: CheckId,
  /** Which version; by default the newest. */
  version: z.number().int().positive().optional(),
  state: z.enum(["shadow", "active", "retired"]),
  reason: z.string().trim().max(500).default(""),
});
export const CustomRef = z.object({ id: CheckId });

export type CustomCheckRow = {
  id: string;
  state: CustomState;
  /** The version that is evaluated while shadow or active; the newest otherwise. */
  version: number;
  newestVersion: number;
  title: Text;
  area: string;
  severity: Severity;
  updatedAt: Date;
  createdByName: string;
  /** Live findings of it: shown ones, and those of shadow ("would have found"). */
  openFindings: number;
  shadowFindings: number;
};

export type CustomCheckDetail = CustomCheckRow & {
  /** Newest first. */
  versions: {
    version: number;
    draft: CheckDraft;
    backTest: BackTestSummary | null;
    createdByName: string;
    createdAt: Date;
  }[];
};

/** A back-test over the whole selection, which runs in the workers. */
export type BackTestRun = {
  runId: string;
  state: "running" | "done" | "cancelled" | "failed";
  selected: number;
  done: number;
  result: ShownBackTest | null;
  error: string | null;
};

// Inputs and outputs of the diagnosis domain: questions, cases, suggestions, applications, review. Client-safe.
import { z } from "zod";
import type { Severity } from "../../checks/define.ts";
import type { Side } from "../../diagnosis/cause.ts";
import type { CauseSectionId } from "../../knowledge/cause-article.ts";
import type { Text } from "../../protocol/text.ts";
import type { Risk } from "../../repairs/define.ts";
import type { ApprovalNeed } from "../approvals/schema.ts";
import { Page, type Paged } from "../core/paging.ts";
import type { RepairState } from "../repairs/schema.ts";

/** Longest question, UTF-16 units: some 2,000 lines of a log, and below what a request may have also where each takes three bytes. */
export const TEXT_MAX = 300_000;
/** Cases are kept so long. */
export const CASE_DAYS = 90;

const Name = z.string().trim().min(1).max(253);
const Id = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
  .max(80);

export const AskDiagnosis = z.object({
  text: z
    .string()
    .min(1)
    .max(TEXT_MAX)
    .refine((text) => text.trim() !== ""),
});

/** A container by its id or the first 8 and more characters of it; where several runtimes or nodes have it, name them. */
const LiveContainerRef = z.strictObject({
  container: z.string().regex(/^[0-9a-zA-Z][0-9a-zA-Z_.-]{7,127}$/),
  node: Name.optional(),
  runtime: z.string().max(40).optional(),
});
const LivePodRef = z.strictObject({ podName: Name, podNamespace: Name.optional() });
const LiveNodeRef = z.strictObject({ node: Name });
export const LiveDiagnosis = z.union([LiveContainerRef, LivePodRef, LiveNodeRef]);

export const CaseRef = z.object({ id: z.uuid() });

export const RequestRepair = z.object({
  caseId: z.uuid(),
  findingId: z.uuid(),
  repairId: z.string().max(100),
  /** Of `repairs.preview`: what was shown is what runs. */
  planHash: z.string().max(100),
});

export const feedbacks = ["solved", "not-solved", "wrong"] as const;
export const Feedback = z.enum(feedbacks);
export type Feedback = z.infer<typeof Feedback>;

export const GiveFeedback = z.object({
  caseId: z.uuid(),
  feedback: Feedback,
  note: z.string().trim().max(2_000).default(""),
  /** What it was in truth, where somebody knows. */
  rightCause: Id.optional(),
});

export const ListMyCases = Page;

export const ListReview = Page.extend({
  /** What is looked for: nothing was known; said to be wrong; did not help. */
  kind: z.enum(["all", "unknown", "wrong", "not-solved"]).default("all"),
  state: z.enum(["open", "closed"]).default("open"),
  search: z.string().max(200).default(""),
});

/** What a reviewer changes in the proposed draft; whatever is left out is proposed. */
export const DraftWish = z.object({
  id: Id.optional(),
  title: z
    .object({ en: z.string().trim().max(200), zh: z.string().trim().max(200) })
    .partial()
    .optional(),
  side: z.enum(["yours", "ours", "either"]).optional(),
  signature: z.string().min(3).max(500).optional(),
});

/** Exactly one of: the cause that it was, a draft of a new one, or nothing to be learnt. */
export const CloseCases = z.object({
  caseIds: z.array(z.uuid()).min(1).max(200),
  as: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("cause"), rightCause: Id }),
    z.object({ kind: z.literal("draft"), draft: DraftWish.default({}) }),
    z.object({ kind: z.literal("nothing") }),
  ]),
});

/** The draft that `close` would make of these cases; nothing is stored. */
export const ProposeDraft = z.object({ caseIds: z.array(z.uuid()).min(1).max(200), draft: DraftWish.default({}) });

export const ListApplications = Page.extend({
  /** Part of the namespace, the application's or a container's name, the image, or the first characters of a container's id. */
  search: z.string().max(200).default(""),
});

/** `confirm`: the person has seen what is sent. */
export const ExplainCase = z.object({ caseId: z.uuid(), confirm: z.literal(true) });
export const ExplainPreviewRef = z.object({ caseId: z.uuid() });

// ── answers ────────────────────────────────────────────────────────────────────────────────────────

/** A range of the text as stored, UTF-16 units. */
export type Place = { start: number; end: number };

/** Sections in both languages; English stands in where the Chinese one is missing. */
export type CauseArticleText = {
  title: Text;
  sections: Record<CauseSectionId, Text>;
  sources: readonly string[];
  exitCodes: readonly number[];
};

/** How often an answer that named this cause first helped, over everybody's cases. */
export type CauseRecord = { asked: number; solved: number; notSolved: number; wrong: number };

export type ShownCause = {
  id: string;
  title: Text;
  side: Side;
  /** 0–1 */
  confidence: number;
  /** proof and strong: printed so; words: described so; live: follows from what was seen on the node. */
  basis: "proof" | "strong" | "hint" | "words" | "live";
  evidence: readonly Place[];
  /** Null until somebody has written it. */
  article: CauseArticleText | null;
  checks: readonly { id: string; title: Text }[];
  /** Of these checks, those that are open on the node that it is about. */
  openFindings: readonly string[];
  measured: CauseRecord;
};

export type VerdictSide = "yours" | "ours" | "either" | "unsure";

/** "Your container or our node?" in one sentence, and why. */
export type Verdict = {
  side: VerdictSide;
  /** Looked at and nothing is wrong that can be seen; then `side` is unsure. */
  isWell: boolean;
  text: Text;
  because: readonly Text[];
};

/** Something that was looked at for a live question. */
export type Observation = { label: Text; value: Text; isAbnormal: boolean };

/** What an exit code means; `also` is what else it may mean. */
export type ExitCodeMeaning = {
  code: number;
  /** "SIGKILL", null where it is no signal. */
  signal: string | null;
  title: Text;
  also: Text | null;
  side: VerdictSide;
};

export type CaseSubject = {
  kind: "container" | "pod" | "node";
  nodeId: string;
  nodeName: string;
  runtime: string | null;
  containerId: string | null;
  containerName: string | null;
  podNamespace: string | null;
  podName: string | null;
  image: string | null;
  /** State of the container when it was looked at. */
  state: string | null;
};

/** A trouble of the node that bears on the question. */
export type CaseFinding = {
  id: string;
  checkId: string;
  title: Text;
  severity: Severity;
  side: VerdictSide;
  /** It names the very container or pod. */
  isAboutSubject: boolean;
  since: Date;
  /** Still open. */
  isPresent: boolean;
  /** A repair of it runs or waits. */
  isWorkedOn: boolean;
  /** A trouble of several nodes. */
  incident: { id: string; title: Text } | null;
  /** Null for people without rights on nodes: the title is what is plain. */
  detail: { subject: string; message: Text } | null;
};

export type Suggestion = {
  findingId: string;
  repairId: string;
  checkId: string;
  /** The cause that it ends; null when it follows from the finding alone. */
  causeId: string | null;
  title: Text;
  risk: Risk;
  /** Measured over what the asker may see, and on this node's kernel. */
  record: { succeeded: number; total: number; succeededOnKernel: number; totalOnKernel: number };
  kernel: string;
  /** start: by yourself, on the repair's page; request: somebody has to say yes; none: your rights do not allow even to ask. */
  way: "start" | "request" | "none";
  approval: ApprovalNeed;
  /** The same repair of the same finding waits or runs already. */
  runId: string | null;
};

export const caseStages = ["awaiting", "approved", "running", "verifying", "fixed", "failed", "cancelled"] as const;
export type CaseStage = (typeof caseStages)[number];

/** What we are doing about it. */
export type CaseProgress = {
  runId: string;
  title: Text;
  state: RepairState;
  stage: CaseStage;
  text: Text;
  /** The way to "fixed"; `at` null while it is ahead. */
  steps: readonly { stage: CaseStage; at: Date | null; isNow: boolean }[];
  outcome: Text | null;
};

export type CaseKind = "text" | "container" | "pod" | "node";

export type CaseDetail = {
  caseId: string;
  kind: CaseKind;
  createdAt: Date;
  askedByName: string;
  isYours: boolean;
  isKnown: boolean;
  verdict: Verdict;
  /** Likeliest first. */
  causes: readonly ShownCause[];
  /** The question as stored, secrets left out; empty for a live one. */
  text: string;
  /** How many secrets were left out. */
  redacted: number;
  /** Errors of the record that the first cause was read from, outer to inner. */
  chain: readonly (Place & { text: string })[];
  rpc: string | null;
  code: string | null;
  components: readonly string[];
  exitCodes: readonly ExitCodeMeaning[];
  cutChars: number;
  isCutShort: boolean;
  subject: CaseSubject | null;
  observations: readonly Observation[];
  findings: readonly CaseFinding[];
  suggestions: readonly Suggestion[];
  progress: CaseProgress | null;
  feedback: { feedback: Feedback; note: string; at: Date; rightCause: string | null } | null;
  state: "open" | "closed";
  /** Whether an explainer is set up. */
  canExplain: boolean;
};

export type MyCase = {
  id: string;
  kind: CaseKind;
  createdAt: Date;
  /** First line of the question, or what it is about. */
  question: string;
  isKnown: boolean;
  side: VerdictSide;
  topCause: { id: string; title: Text } | null;
  feedback: Feedback | null;
  stage: CaseStage | null;
};
export type MyCases = Paged<MyCase>;

/** Cases whose texts differ only in names and numbers. */
export type ReviewGroup = {
  template: string;
  count: number;
  unknown: number;
  wrong: number;
  notSolved: number;
  firstAt: Date;
  lastAt: Date;
  /** Text of the newest one, cut. */
  sample: string;
  topCause: { id: string; title: Text } | null;
  /** What people said it was. */
  rightCauses: readonly { id: string; count: number }[];
  /** Newest first, at most 200. */
  caseIds: readonly string[];
};
export type ReviewList = Paged<ReviewGroup>;

export type ProposedDraft = {
  articleId: string;
  title: Text;
  side: Side;
  /** RE2; null when no stretch of the texts is long enough and their own. */
  signature: string | null;
  /** Texts that it must fit. */
  fits: readonly string[];
  /** Texts of other causes that it was tried on and must not fit. */
  fitsNot: readonly string[];
  words: string;
  /** What speaks against it, e.g. that the signature fits a text of another cause. */
  problems: readonly Text[];
};
/** `version`: of the article that was stored as a draft; null when none was. */
export type ClosedCases = { closed: number; draft: (ProposedDraft & { version: number }) | null };

export type ApplicationContainer = {
  nodeId: string;
  nodeName: string;
  runtime: string;
  id: string;
  name: string;
  podName: string | null;
  image: string;
  state: string;
  exitCode: number | null;
  reason: string | null;
  restarts: number;
  memory: { limitBytes: number | null; usedBytes: number | null; peakBytes: number | null };
  cpu: { limitMillis: number | null; usedMillis: number | null };
  startedAt: Date | null;
  finishedAt: Date | null;
};

export type ApplicationFinding = Pick<CaseFinding, "checkId" | "title" | "severity" | "side"> & {
  since: Date;
  /** How many of its containers it touches. */
  containers: number;
};

export type Application = {
  namespace: string | null;
  name: string;
  /** What its pods' names look like. */
  kind: "deployment" | "stateful-set" | "daemon-set" | "job" | "pod" | "container";
  containers: { running: number; waiting: number; exited: number; others: number; total: number };
  restarts: number;
  worst: "exited-badly" | "unknown" | "waiting" | "paused" | "exited" | "running";
  /** The container that is nearest to its limit. */
  memory: { limitBytes: number; peakBytes: number; ratio: number } | null;
  cpu: { limitMillis: number; usedMillis: number; ratio: number } | null;
  side: VerdictSide | null;
  findings: readonly ApplicationFinding[];
  /** Worst first, at most 50. */
  members: readonly ApplicationContainer[];
};
/** `isCut`: more containers are in the part than are grouped at once; search narrows it. */
export type ApplicationList = Paged<Application> & { isCut: boolean };

/** Exactly what would be sent, and to whom. `isConfigured` false: nothing is ever sent. */
export type ExplainPreview = {
  isConfigured: boolean;
  endpoint: string;
  model: string;
  messages: readonly { role: "system" | "user"; content: string }[];
  chars: number;
};
/** What a language model says; it is stored nowhere and decides nothing. */
export type Explanation = {
  text: string;
  model: string;
  label: Text;
  /** Why nothing was said; then `text` is empty. */
  problem: string | null;
};

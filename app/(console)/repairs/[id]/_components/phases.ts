// A repair as the phases that people follow: guards, evidence, each step, settling, verification. Pure.
import type { Text } from "../../../../../protocol/text.ts";
import { isOver, type RepairCommandRow, type RepairDetail } from "../../../../../server/repairs/schema.ts";

export type PhaseStatus = "done" | "active" | "waiting" | "failed" | "noted" | "skipped";

export type Phase = {
  id: string;
  kind: "evidence" | "step" | "settle" | "verify";
  /** Only steps have a title of their own. */
  title: Text | null;
  status: PhaseStatus;
  commands: RepairCommandRow[];
  startedAt: Date | null;
  endedAt: Date | null;
};

const isEnded = (command: RepairCommandRow): boolean => !["queued", "signed", "accepted"].includes(command.state);

function commandStatus(
  commands: RepairCommandRow[],
  isEvidence: boolean,
  isRepairOver: boolean,
  isCurrent: boolean,
): PhaseStatus {
  const last = commands.at(-1);
  if (!last) return isRepairOver ? "skipped" : isCurrent ? "active" : "waiting";
  if (!isEnded(last)) return isRepairOver ? "skipped" : "active";
  if (last.state === "done") return "done";
  // Evidence that could not be captured, and a step whose outcome nobody knows, do not stop a repair.
  return isEvidence || last.state === "unknown" ? "noted" : "failed";
}

const startOf = (commands: RepairCommandRow[]): Date | null => commands[0]?.issuedAt ?? null;
const endOf = (commands: RepairCommandRow[]): Date | null => commands.at(-1)?.endedAt ?? null;

function verifyStatus(repair: RepairDetail): PhaseStatus {
  if (repair.state === "succeeded") return "done";
  if (repair.state === "verifying") return "active";
  if (!isOver(repair.state)) return "waiting";
  return repair.state === "failed" && repair.verifyingAt ? "failed" : "skipped";
}

/** Phases in the order in which they happen; settling is over `settleMs` after the last step ended. */
export function phasesOf(repair: RepairDetail, now: number): Phase[] {
  const isEnd = isOver(repair.state);
  const evidence = repair.commands.filter((command) => command.role === "evidence");
  const phases: Phase[] = [
    {
      id: "evidence",
      kind: "evidence",
      title: null,
      status:
        repair.plan.evidence.sections.length === 0
          ? "skipped"
          : commandStatus(evidence, true, isEnd, repair.state === "capturing"),
      commands: evidence,
      startedAt: startOf(evidence),
      endedAt: endOf(evidence),
    },
  ];
  repair.plan.steps.forEach((step, index) => {
    const commands = repair.commands.filter((command) => command.role === "step" && command.stepIndex === index);
    phases.push({
      id: `step-${index}`,
      kind: "step",
      title: step.title,
      status: commandStatus(commands, false, isEnd, repair.state === "running" && repair.step === index),
      commands,
      startedAt: startOf(commands),
      endedAt: endOf(commands),
    });
  });
  const verify = verifyStatus(repair);
  const settleEnd = repair.verifyingAt ? repair.verifyingAt.getTime() + repair.settleMs : null;
  const isSettling = verify === "active" && settleEnd !== null && now < settleEnd;
  phases.push({
    id: "settle",
    kind: "settle",
    title: null,
    status: isSettling ? "active" : verify === "waiting" ? "waiting" : verify === "skipped" ? "skipped" : "done",
    commands: [],
    startedAt: repair.verifyingAt,
    endedAt: settleEnd !== null && !isSettling ? new Date(settleEnd) : null,
  });
  phases.push({
    id: "verify",
    kind: "verify",
    title: null,
    status: isSettling ? "waiting" : verify,
    commands: [],
    startedAt: isSettling || settleEnd === null ? null : new Date(settleEnd),
    endedAt: isEnd && (verify === "done" || verify === "failed") ? repair.endedAt : null,
  });
  return phases;
}

export type CapturedSection = {
  section: string;
  title: string;
  text: string;
  truncated: boolean;
  error: string | null;
};

/** Sections of captured evidence as the agent sent them; anything malformed is left out. */
export function capturedSections(output: Record<string, unknown> | undefined): CapturedSection[] {
  const sections = output?.sections;
  if (!Array.isArray(sections)) return [];
  return sections.flatMap((value: unknown) => {
    if (typeof value !== "object" || value === null) return [];
    const { section, title, text, truncated, error } = value as Record<string, unknown>;
    if (typeof section !== "string") return [];
    return [
      {
        section,
        title: typeof title === "string" ? title : section,
        text: typeof text === "string" ? text : "",
        truncated: truncated === true,
        error: typeof error === "string" && error !== "" ? error : null,
      },
    ];
  });
}

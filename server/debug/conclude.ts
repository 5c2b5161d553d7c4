// From a report to what is said of it: abnormal things, the causes that they and the log lines point at, whose trouble it is. Reads no rows.

import { analyse } from "../../diagnosis/debug/analyse.ts";
import { type Abnormal, t } from "../../diagnosis/debug/define.ts";
import type { DebugReport } from "../../protocol/debug.ts";
import type { CauseBook } from "../diagnosis/engine.ts";
import type { DebugCause, DebugVerdict } from "./schema.ts";

const CAUSES_MAX = 5;
/** What a rule saw with its own eyes; what a log line says counts less the more lines there are to choose from. Editorial. */
const SEEN: Record<Abnormal["severity"], number> = { critical: 0.9, warning: 0.6, info: 0.3 };
const LOG_SHARE = 0.8;
/** Characters of the end of its log that are read for signs. */
const LOG_CHARS = 20_000;

export type Conclusion = { abnormal: Abnormal[]; verdict: DebugVerdict; causes: DebugCause[] };

/** Lines that programs and the kernel wrote, for the engine that reads pasted texts. */
const said = ({ log, kernelLog }: DebugReport): string =>
  [...(log.value?.lines ?? []), ...(kernelLog.value ?? []).map(({ message }) => message)].join("\n").slice(-LOG_CHARS);

function causesOf(report: DebugReport, abnormal: readonly Abnormal[], book: CauseBook): DebugCause[] {
  const found = new Map<string, number>();
  const add = (id: string, confidence: number) => found.set(id, Math.max(found.get(id) ?? 0, confidence));
  for (const { cause, severity } of abnormal) if (cause !== null) add(cause, SEEN[severity]);
  // A node's kernel log holds many troubles of many containers: there only what was seen counts.
  const text = report.kind === "container" ? said(report) : "";
  if (text !== "") {
    const diagnosis = book.engine.diagnose(text);
    if (diagnosis.isKnown) for (const { id, confidence } of diagnosis.causes) add(id, confidence * LOG_SHARE);
  }
  return [...found]
    .map(([id, confidence]) => ({ id, title: book.title(id), confidence }))
    .sort((a, b) => b.confidence - a.confidence) // stable: what stands first in the report stays first
    .slice(0, CAUSES_MAX);
}

const WORDS = {
  yours: t("It is the container", "是容器自身的问题"),
  ours: t("It is our node", "是节点的问题"),
  either: t("It may be the container or our node", "可能是容器，也可能是节点"),
} as const;

/** The first abnormal thing that matters decides; a report without one says so, and what was not read is no proof of health. */
export function verdictOf(report: DebugReport, abnormal: readonly Abnormal[]): DebugVerdict {
  const [first] = abnormal.filter(({ severity }) => severity !== "info");
  if (first) {
    const side = WORDS[first.side];
    return {
      side: first.side,
      isWell: false,
      text: t(`${side.en}: ${first.title.en}`, `${side.zh}：${first.title.zh}`),
    };
  }
  const isRead = report.processes.value !== null && report.runtimes.value !== null;
  return {
    side: "unsure",
    isWell: isRead,
    text: isRead
      ? t("Nothing abnormal was seen.", "未发现异常。")
      : t("Nothing abnormal was seen, but not everything could be read.", "未发现异常，但有部分内容未能读取。"),
  };
}

/** Everything that is said of a report. */
export function conclude(report: DebugReport, book: CauseBook): Conclusion {
  const abnormal = analyse(report);
  return { abnormal, verdict: verdictOf(report, abnormal), causes: causesOf(report, abnormal, book) };
}

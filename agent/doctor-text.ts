// How `nodeops-agent doctor` says what the checks found: worst first, each with its evidence and what to do. Pure.
import type { Evidence, Outcome, Problem, Severity } from "../checks/define.ts";
import { plainLine } from "../parsers/plain-text.ts";
import type { Text } from "../protocol/text.ts";

/** What a check said. `causes`: checks with a problem of their own, on which it depends. */
export type Said = {
  id: string;
  title: Text;
  severity: Severity;
  suggestion: Text;
  outcome: Outcome;
  causes: string[];
};
export type Lang = keyof Text;

/** Exit codes, also for monitoring that calls the doctor. */
export const EXIT = { ok: 0, warning: 1, critical: 2, couldNotLook: 3 } as const;

const ORDER: readonly Severity[] = ["critical", "warning", "info"];

type Shown = { check: Said; problem: Problem; severity: Severity };

/** Problems that no other one causes, worst first. */
export function shownProblems(all: readonly Said[]): Shown[] {
  return all
    .flatMap((check) => {
      if (check.outcome.status !== "problems" || check.causes.length > 0) return [];
      return check.outcome.problems.map((problem) => ({
        check,
        problem,
        severity: problem.severity ?? check.severity,
      }));
    })
    .sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}

/** By the worst that was found; advice is none. Nothing found and something not looked at is not "ok". */
export function exitCodeOf(all: readonly Said[]): number {
  const severities = shownProblems(all).map(({ severity }) => severity);
  if (severities.includes("critical")) return EXIT.critical;
  if (severities.includes("warning")) return EXIT.warning;
  return all.some(({ outcome }) => outcome.status === "unknown") ? EXIT.couldNotLook : EXIT.ok;
}

const words = {
  critical: { en: "CRITICAL", zh: "严重" },
  warning: { en: "WARNING", zh: "警告" },
  info: { en: "INFO", zh: "提示" },
  unknown: { en: "UNKNOWN", zh: "未知" },
  toDo: { en: "What to do", zh: "处理建议" },
  more: { en: "more", zh: "更多" },
  of: { en: "threshold", zh: "阈值" },
} as const satisfies Record<string, Text>;

const ROWS_MAX = 5;
const UNITS = { bytes: "B", ratio: "", count: "", ms: " ms", s: " s" } as const;

function numberText(value: number, unit: keyof typeof UNITS): string {
  if (unit === "ratio") return `${Math.round(value * 1_000) / 10} %`;
  if (unit !== "bytes" || value < 1_024) return `${value}${UNITS[unit]}`;
  const step = Math.min(4, Math.floor(Math.log2(value) / 10));
  return `${Math.round((value / 1_024 ** step) * 10) / 10} ${["B", "KiB", "MiB", "GiB", "TiB"][step]}`;
}

/** One piece of evidence as lines; names in it come from containers and are shown as they are, without control characters. */
export function evidenceLines(evidence: Evidence, lang: Lang): string[] {
  const label = `${evidence.label[lang]}:`;
  switch (evidence.kind) {
    case "text":
      return [`${label} ${plainLine(evidence.value)}`];
    case "number": {
      const { value, unit, threshold } = evidence;
      const limit = threshold === undefined ? "" : ` (${words.of[lang]} ${numberText(threshold, unit)})`;
      return [`${label} ${numberText(value, unit)}${limit}`];
    }
    case "log":
      return [
        label,
        ...cut(
          evidence.lines.map((line) => `  ${plainLine(line)}`),
          lang,
        ),
      ];
    case "table": {
      const rows = evidence.rows.map((row) => row.map((cell) => plainLine(String(cell))));
      const shown = rows.slice(0, ROWS_MAX);
      const widths = evidence.columns.map((name, i) =>
        Math.max(name.length, ...shown.map((row) => row[i]?.length ?? 0)),
      );
      const line = (cells: readonly string[]) =>
        `  ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ")}`.trimEnd();
      return [label, ...cut([line(evidence.columns), ...rows.map(line)], lang, ROWS_MAX + 1)];
    }
  }
}

const cut = (lines: string[], lang: Lang, max = ROWS_MAX): string[] =>
  lines.length <= max ? lines : [...lines.slice(0, max), `  … ${lines.length - max} ${words.more[lang]}`];

const indent = (lines: readonly string[]): string[] => lines.map((line) => `    ${line}`);

function problemLines({ check, problem, severity }: Shown, lang: Lang): string[] {
  return [
    `${words[severity][lang]}  ${check.title[lang]}  [${check.id}]`,
    `  ${plainLine(problem.message[lang])}`,
    ...indent(problem.evidence.flatMap((evidence) => evidenceLines(evidence, lang))),
  ];
}

/** The whole report: problems with the advice once a check, what could not be looked at, and the count. */
export function reportLines(all: readonly Said[], lang: Lang): string[] {
  const lines: string[] = [];
  const shown = shownProblems(all);
  for (const [i, item] of shown.entries()) {
    lines.push(...problemLines(item, lang));
    if (shown[i + 1]?.check !== item.check) lines.push(`  ${words.toDo[lang]}: ${item.check.suggestion[lang]}`, "");
  }
  const follow = all.filter(({ outcome, causes }) => outcome.status === "problems" && causes.length > 0);
  for (const { title, id, causes } of follow)
    lines.push(
      {
        en: `follows from ${causes.join(", ")}: ${title.en}  [${id}]`,
        zh: `由 ${causes.join("、")} 引起：${title.zh}  [${id}]`,
      }[lang],
    );
  for (const { id, title, outcome } of all)
    if (outcome.status === "unknown")
      lines.push(`${words.unknown[lang]}  ${title[lang]}  [${id}]: ${plainLine(outcome.reason)}`);
  lines.push(summaryLine(all, shown, lang));
  return lines;
}

function summaryLine(all: readonly Said[], shown: readonly Shown[], lang: Lang): string {
  const count = (severity: Severity) => shown.filter((item) => item.severity === severity).length;
  const ok = all.filter(({ outcome }) => outcome.status === "ok").length;
  const unknown = all.filter(({ outcome }) => outcome.status === "unknown").length;
  const [critical, warning, info] = [count("critical"), count("warning"), count("info")];
  return {
    en: `${all.length} checks: ${critical} critical, ${warning} warnings, ${info} notes; ${ok} well, ${unknown} could not be looked at.`,
    zh: `共 ${all.length} 项检查：严重 ${critical}，警告 ${warning}，提示 ${info}；正常 ${ok}，无法检查 ${unknown}。`,
  }[lang];
}

// What is abnormal in a debug report: a list in the order in which people should read it. Pure; rules by theme stand beside this file.
import type { DebugReport } from "../../protocol/debug.ts";
import type { Text } from "../../protocol/text.ts";
import type { Side } from "../cause.ts";

export type Severity = "critical" | "warning" | "info";

/** One abnormal thing. `rule`: the rule's own name, one entry for each; `cause`: id in diagnosis/causes. */
export type Abnormal = {
  rule: string;
  severity: Severity;
  title: Text;
  /** Lines of the report that show it, as they are. */
  evidence: string[];
  cause: string | null;
  side: Side;
};

export type Rule = (report: DebugReport) => Abnormal[];

export const t = (en: string, zh: string): Text => ({ en, zh });

const EVIDENCE_MAX = 8;

/** Evidence is cut: the whole stands further down in the report. */
export const shown = (lines: readonly string[]): string[] =>
  lines.length <= EVIDENCE_MAX
    ? [...lines]
    : [...lines.slice(0, EVIDENCE_MAX), `… ${lines.length - EVIDENCE_MAX} more`];

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Bytes with a binary unit, e.g. "1.5 GiB". */
export function bytes(value: number): string {
  const step = value < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(value) / 10));
  const scaled = value / 2 ** (10 * step);
  return `${scaled.toFixed(step === 0 || scaled >= 100 ? 0 : 1)} ${UNITS[step]}`;
}

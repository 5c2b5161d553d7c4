// Makes a check from a log rule and its words: a problem per subject whose lines came often enough, lately enough, and were not taken back.
import { type LogRuleId, logRuleById } from "../../log-rules/list.ts";
import type { LogRule } from "../../log-rules/rule.ts";
import type { FactData, Facts } from "../../protocol/facts.ts";
import type { Text } from "../../protocol/text.ts";
import { type Area, type Check, defineCheck } from "../define.ts";
import { t } from "../text.ts";

type Match = FactData["logMatches"]["matches"][number];

export type LogCheck<Id extends LogRuleId> = {
  /** Rule and check have one id. */
  id: Id;
  area: Area;
  title: Text;
  /** One sentence about a subject; captures of the rule in braces, "{device}". */
  says: Text;
  suggestion: Text;
  dependsOn?: readonly string[];
  /** Captures in braces; "{kernel}" is the node's kernel version. */
  causeKey?: string;
};

/** The instant at which the rule's number within its time was last reached, null when it was not. */
export function reachedAt({ count }: Pick<LogRule, "count">, recent: readonly number[]): number | null {
  const { times, withinMs } = count ?? { times: 1, withinMs: 0 };
  for (let end = recent.length - 1; end >= times - 1; end--) {
    const last = recent[end] ?? 0;
    if (last - (recent[end - times + 1] ?? 0) <= withinMs) return last;
  }
  return null;
}

const fill = (template: string, values: Readonly<Record<string, string>>, otherwise: string): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? otherwise);

/** "kernel-task-hung" → "KernelTaskHung". */
const reasonOf = (id: string): string => id.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Modules whose lines a source gives, where a silent log is a gap: the module is there and nobody reads what it writes. */
const moduleKinds: Readonly<Record<string, readonly string[]>> = {
  runtime: ["runtime"],
  kubelet: ["kubelet"],
  cni: ["cni"],
  image: ["overlaybd", "dragonfly"],
};

/** Why nothing can be said of the rule here; null when its lines are read, or when nobody here writes such. */
function blindness({ sources }: LogRule, reads: readonly string[], all: Facts): string | null {
  if (sources.some((source) => reads.includes(source))) return null;
  if (sources.includes("kernel")) return "the kernel log cannot be read on this node";
  const kinds = sources.flatMap((source) => moduleKinds[source] ?? []);
  const writer = all.modules?.data?.find(({ kind, state }) => kinds.includes(kind) && state !== "absent");
  return writer ? `the log of ${writer.name} is not read: name it in the agent's configuration` : null;
}

/** @throws Error for an id that no rule has */
export function fromRule<const Id extends LogRuleId>(words: LogCheck<Id>): Check & { id: Id } {
  const rule = logRuleById.get(words.id);
  if (!rule) throw new Error(`no log rule ${words.id}`);
  return defineCheck({
    id: words.id,
    title: words.title,
    area: words.area,
    severity: rule.severity,
    needs: ["logMatches"],
    dependsOn: words.dependsOn,
    // The rule itself counts and waits.
    raiseAfterMs: 0,
    clearAfterMs: 10_000,
    factTtlMs: 120_000,
    thresholds: { times: rule.count?.times ?? 1, withinMs: rule.count?.withinMs ?? 0, ttlMs: rule.ttlMs },
    aliases: rule.aliases,
    suggestion: words.suggestion,
    repairs: [],
    evaluate: ({ facts: { logMatches }, all, thresholds, now }) => {
      const reason = blindness(rule, logMatches.reads, all);
      if (reason) return { unknown: reason };
      return logMatches.matches
        .filter((match) => match.rule === rule.id && !match.isCleared)
        .filter((match) => now - (reachedAt(rule, match.recent) ?? Number.NEGATIVE_INFINITY) <= thresholds.ttlMs)
        .map((match) => problemOf(words, match, thresholds.times, all));
    },
  });
}

function problemOf(words: LogCheck<LogRuleId>, match: Match, times: number, all: Facts) {
  const often = match.count > 1;
  const kernel = all.identity?.data?.kernel;
  const causeKey = words.causeKey && fill(words.causeKey, { ...match.captures, ...(kernel && { kernel }) }, "");
  return {
    subject: match.subject,
    reason: reasonOf(words.id),
    message: t(
      `${fill(words.says.en, match.captures, "unknown")}${often ? ` (${match.count} times)` : ""}.`,
      `${fill(words.says.zh, match.captures, "未知")}${often ? `（${match.count} 次）` : ""}。`,
    ),
    evidence: [
      {
        label: t("Last lines", "最近的日志行"),
        source: "logMatches" as const,
        kind: "log" as const,
        lines: match.lines,
      },
      {
        label: t("Times it was written", "出现次数"),
        source: "logMatches" as const,
        kind: "number" as const,
        value: match.count,
        unit: "count" as const,
        threshold: times,
      },
      {
        label: t("First and last", "首次与最近一次"),
        source: "logMatches" as const,
        kind: "text" as const,
        value: `${new Date(match.firstAt).toISOString()} – ${new Date(match.lastAt).toISOString()}`,
      },
    ],
    params: { rule: match.rule, source: match.source, captures: match.captures },
    causeKey: causeKey || undefined,
  };
}

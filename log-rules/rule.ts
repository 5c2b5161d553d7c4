// What a log rule is: data that says which lines tell of a trouble, which line ends it, and how long one line counts. Matching is in matcher.ts.

/** Who writes a line; a rule reads only lines of its own sources, so that no container can speak for the kernel. */
export const LOG_SOURCES = [
  "kernel",
  "runtime",
  "image",
  "kubelet",
  "kube-proxy",
  "cni",
  "systemd",
  "gpu",
  "disk",
  "crash",
] as const;
export type LogSource = (typeof LOG_SOURCES)[number];

export type LogSeverity = "critical" | "warning" | "info";

export type LogRule = {
  /** Kebab-case; findings and articles bear it. */
  id: string;
  sources: readonly LogSource[];
  /** RE2 patterns, any of which is an occurrence. Each needs four plain characters in a row outside of groups (literal.ts). */
  match: readonly string[];
  /** A line in which one of these is found is no occurrence. */
  not?: readonly string[];
  /** Any of these ends what stands for the same subject, or for all subjects when it captures none. */
  clear?: readonly string[];
  /** A second line that must (or, unless `isRequired`, may) come soon after: it completes the occurrence and its captures. */
  follow?: { match: readonly string[]; lines: number; withinMs: number; isRequired: boolean };
  /** Text with captures in braces, "{device}"; a capture that is missing makes it `anywhere`. */
  subject: string;
  /** Number of occurrences within a time that make it a problem; one unless told. At most RECENT_MAX. */
  count?: { times: number; withinMs: number };
  /** How long the last occurrence stays a problem, ms. */
  ttlMs: number;
  /** Captures that are equal when two lines tell of one occurrence (an OOM kill has several lines). */
  sameBy?: readonly string[];
  severity: LogSeverity;
  /** Names that other projects give to the same line. */
  aliases: readonly string[];
  /** Names that other projects give to the line that ends it. */
  clearAliases?: readonly string[];
};

/** Occurrences whose times are kept per subject; no rule can count further. */
export const RECENT_MAX = 20;

const MINUTE = 60_000;
/** Times that rules share, ms. */
export const times = { minute: MINUTE, hour: 60 * MINUTE, day: 24 * 60 * MINUTE } as const;

/** The subject of captures: "{device}" → "sda". */
export function subjectOf(template: string, captures: Readonly<Record<string, string>>): string {
  let isWhole = true;
  const text = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = captures[name];
    if (!value) isWhole = false;
    return value ?? "";
  });
  return isWhole ? text.slice(0, 120) : "anywhere";
}

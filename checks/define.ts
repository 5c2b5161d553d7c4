// What a check is: metadata and one pure function from facts to problems. The harness (server/inspections) does time, debounce and storage.
import type { FactData, FactKind, Facts } from "../protocol/facts.ts";
import type { Text } from "../protocol/text.ts";

/** What a check looks at; the catalogue is grouped by it. */
export type Area =
  | "runtime"
  | "shim"
  | "container"
  | "sandbox"
  | "image"
  | "storage"
  | "network"
  | "dns"
  | "kernel"
  | "cgroup"
  | "process"
  | "memory"
  | "cpu"
  | "time"
  | "plugin"
  | "lxcfs"
  | "kubelet"
  | "systemd"
  | "hardware"
  | "gpu"
  | "security"
  | "workload"
  | "node"
  | "agent";

/** Worst first. */
export const severities = ["critical", "warning", "info"] as const;
export type Severity = (typeof severities)[number];

/** One piece of evidence, shown as the thing itself. `source` is the fact it was read from. */
export type Evidence = { label: Text; source: FactKind } & (
  | { kind: "text"; value: string }
  | { kind: "log"; lines: string[] }
  | { kind: "number"; value: number; unit: "bytes" | "ratio" | "count" | "ms" | "s"; threshold?: number }
  | { kind: "table"; columns: string[]; rows: (string | number)[][] }
);

/** Something wrong with one subject of the node (a module, a mount point, a container id …). */
export type Problem = {
  /** Identity of the finding together with check and node; stable while the problem lasts. */
  subject: string;
  /** CamelCase reason as in a Kubernetes condition. */
  reason: string;
  message: Text;
  severity?: Severity;
  evidence: Evidence[];
  /** What a repair needs to know, e.g. {pid, startTicks}. JSON only. */
  params: Record<string, unknown>;
  /** Nodes whose findings have the same key share a cause: "<kind>:<what>" with kind image, registry, nfs, dns, kernel, package, config, p2p, endpoint … */
  causeKey?: string;
};

/** `unknown` is its own outcome: no data is never "ok". */
export type Outcome =
  | { status: "ok" }
  | { status: "problems"; problems: Problem[] }
  | { status: "unknown"; reason: string };

type Needed<K extends FactKind> = { [P in K]: FactData[P] };

export type CheckInput<K extends FactKind, T> = {
  /** The facts named in `needs`, each present and readable. */
  facts: Needed<K>;
  /** Everything that is stored, for optional looks. */
  all: Facts;
  thresholds: T;
  now: number;
  /** Subjects with an open finding of this check on this node: numbers that rose over `raise` stay a problem until they fall below `clear`. */
  open: ReadonlySet<string>;
};

export type CheckDefinition<
  Id extends string = string,
  K extends FactKind = FactKind,
  T extends Record<string, number> = Record<string, number>,
> = {
  id: Id;
  title: Text;
  area: Area;
  severity: Severity;
  /** Kinds without which the outcome is unknown. */
  needs: readonly K[];
  /** Hidden while one of these checks has an open finding on the node: that is the cause. */
  dependsOn?: readonly string[];
  /** A problem must stand this long before its finding opens. */
  raiseAfterMs: number;
  /** It must be gone this long before its finding closes. */
  clearAfterMs: number;
  /** Facts older than this make the outcome unknown. */
  factTtlMs: number;
  /** Source of each number: see the article. */
  thresholds: T;
  /** Names that other projects give to the same trouble, e.g. "ReadonlyFilesystem". */
  aliases?: readonly string[];
  /** Plain advice, one or two sentences. */
  suggestion: Text;
  /** Repairs that may be offered, best first (ids of repairs/). */
  repairs: readonly string[];
  evaluate: (input: CheckInput<K, T>) => Problem[] | { unknown: string };
};

/**
 * A check as the harness sees it: ask with whatever facts there are.
 * `Fact.at` must be the time at which the fact was last *confirmed* (an agent that reports and sends no change confirms it), not of its last change.
 * `open` holds the subjects of this check's open findings on the node; leave it out for a first look.
 */
export type Check = Omit<CheckDefinition, "evaluate" | "needs"> & {
  needs: readonly FactKind[];
  evaluate: (all: Facts, now: number, open?: ReadonlySet<string>) => Outcome;
};

const NOTHING_OPEN: ReadonlySet<string> = new Set();

/** A finding is one per subject: of two problems with the same subject the first is told now, the other once that one is repaired. */
function firstPerSubject(problems: Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ subject }) => !seen.has(subject) && seen.add(subject));
}

/**
 * Makes a check from its definition: adds "missing or stale facts are unknown" so that no check can forget it.
 * @throws nothing; an exception inside `evaluate` is the harness's to catch and to show as unknown
 */
export function defineCheck<const Id extends string, const K extends FactKind, T extends Record<string, number>>(
  definition: CheckDefinition<Id, K, T>,
): Check & { id: Id; thresholds: T } {
  const { evaluate, needs, ...meta } = definition;
  return {
    ...meta,
    needs,
    evaluate(all, now, open = NOTHING_OPEN) {
      const facts: Partial<Record<FactKind, unknown>> = {};
      for (const kind of needs) {
        const fact = all[kind];
        if (!fact) return { status: "unknown", reason: `no ${kind} fact yet` };
        if (fact.data === null)
          return { status: "unknown", reason: `${kind} could not be read: ${fact.error ?? "no reason given"}` };
        if (now - fact.at > definition.factTtlMs)
          return { status: "unknown", reason: `${kind} fact is ${Math.round((now - fact.at) / 1000)} s old` };
        facts[kind] = fact.data;
      }
      // Every kind in `needs` was found above, which is what Needed<K> says.
      const result = evaluate({ facts: facts as Needed<K>, all, thresholds: definition.thresholds, now, open });
      if (!Array.isArray(result)) return { status: "unknown", reason: result.unknown };
      return result.length > 0 ? { status: "problems", problems: firstPerSubject(result) } : { status: "ok" };
    },
  };
}

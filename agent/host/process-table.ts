// One look at all processes, shared by the collectors of a tick. Leaves out what belongs to a node nested in this one (a lab node on its host):
// that node has an agent of its own, and its shims and containers are not ours to judge.
import { linkOf, type ProcessStat, scanProcesses } from "./proc.ts";

export type ProcessTable = {
  at: number;
  all: ProcessStat[];
  byPid: Map<number, ProcessStat>;
  children: Map<number, ProcessStat[]>;
  /** In the agent's own pid namespace: daemons and shims are always there; containers usually are not. */
  isLocal: (pid: number) => boolean;
};

/** Name under which a running agent shows itself (comm), by which an outer agent knows a nested node. */
export const AGENT_COMM = "nodeops-agent";

export type NamespaceOf = (pid: number) => string | null;

/**
 * Drops every process below the first process of a pid namespace in which another agent runs.
 * @param own the agent's own pid namespace
 */
export function withoutNested(all: ProcessStat[], own: string | null, namespaceOf: NamespaceOf): ProcessStat[] {
  const nested = new Set<string>();
  for (const stat of all) {
    if (stat.name !== AGENT_COMM) continue;
    const ns = namespaceOf(stat.pid);
    if (ns !== null && own !== null && ns !== own) nested.add(ns);
  }
  if (nested.size === 0) return all;
  const byPid = new Map(all.map((stat) => [stat.pid, stat]));
  const inside = new Map<number, boolean>();
  const isInside = (stat: ProcessStat): boolean => {
    const known = inside.get(stat.pid);
    if (known !== undefined) return known;
    inside.set(stat.pid, false);
    const ns = namespaceOf(stat.pid);
    const parent = byPid.get(stat.ppid);
    const result = (ns !== null && nested.has(ns)) || (parent !== undefined && isInside(parent));
    inside.set(stat.pid, result);
    return result;
  };
  return all.filter((stat) => !isInside(stat));
}

/** Reads the table at most each `maxAgeMs`; callers in one tick share it. */
export class ProcessTableReader {
  readonly #root: string;
  #table: ProcessTable | null = null;
  #namespaces = new Map<string, string | null>();

  constructor(root = "/proc") {
    this.#root = root;
  }

  read(maxAgeMs = 1_000): ProcessTable {
    if (this.#table && Date.now() - this.#table.at <= maxAgeMs) return this.#table;
    const seen = scanProcesses(this.#root);
    const own = linkOf(process.pid, "ns/pid", this.#root);
    const known = this.#namespaces;
    const kept = new Map<string, string | null>();
    const startOf = new Map(seen.map((stat) => [stat.pid, stat.startTicks]));
    const namespaceOf = (pid: number): string | null => {
      const key = `${pid}/${startOf.get(pid)}`;
      const cached = kept.get(key) ?? known.get(key) ?? linkOf(pid, "ns/pid", this.#root);
      kept.set(key, cached);
      return cached;
    };
    const all = withoutNested(seen, own, namespaceOf);
    const children = new Map<number, ProcessStat[]>();
    for (const stat of all) {
      const list = children.get(stat.ppid);
      if (list) list.push(stat);
      else children.set(stat.ppid, [stat]);
    }
    const isLocal = (pid: number) => own === null || namespaceOf(pid) === own;
    this.#namespaces = kept;
    this.#table = { at: Date.now(), all, byPid: new Map(all.map((stat) => [stat.pid, stat])), children, isLocal };
    return this.#table;
  }
}

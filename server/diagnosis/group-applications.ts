// Containers → applications, those in trouble first. Pure.
import { type Severity, severities } from "../../checks/define.ts";
import type { Text } from "../../protocol/text.ts";
import { type AppName, appNameOf } from "./app-name.ts";
import type { Application, ApplicationContainer, ApplicationFinding, VerdictSide } from "./schema.ts";

/** Of a container what grouping needs. */
export type MemberRow = {
  nodeId: string;
  nodeName: string;
  runtime: string;
  id: string;
  name: string;
  podName: string | null;
  podNamespace: string | null;
  image: string;
  state: string;
  exitCode: number | null;
  reason: string | null;
  attempt: number;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  cpuLimitMillis: number | null;
  memoryLimitBytes: number | null;
  cpuUsedMillis: number | null;
  memoryUsedBytes: number | null;
};

export type Group = AppName & { namespace: string | null; members: MemberRow[] };

/** What is read of the members on one page only. */
export type Extra = {
  /** By container id. */
  usage: ReadonlyMap<string, { peakBytes: number | null; usedBytes: number | null; limitBytes: number | null }>;
  /** Findings by container id. */
  findings: ReadonlyMap<
    string,
    readonly { id: string; checkId: string; title: Text; severity: Severity; side: VerdictSide; since: Date }[]
  >;
};

const MEMBERS_MAX = 50;

const isBad = ({ state, exitCode, reason }: MemberRow): boolean =>
  state === "exited" && (exitCode !== 0 || (reason !== null && /oom/i.test(reason)));

/** Worst first. */
const WORST: readonly Application["worst"][] = ["exited-badly", "unknown", "waiting", "paused", "exited", "running"];

function worstOf(row: MemberRow): Application["worst"] {
  switch (row.state) {
    case "exited":
      return isBad(row) ? "exited-badly" : "exited";
    case "created":
      return "waiting";
    case "paused":
    case "running":
      return row.state;
    default:
      return "unknown";
  }
}
const rankOf = (row: MemberRow): number => WORST.indexOf(worstOf(row));

/** Of several attempts of one container only the newest counts: the others are its past. */
function newest(rows: readonly MemberRow[]): MemberRow[] {
  const byKey = new Map<string, MemberRow>();
  for (const row of rows) {
    const own = row.podName === null ? row.id : `${row.podNamespace}/${row.podName}/${row.name}`;
    const key = `${row.nodeId}/${row.runtime}/${own}`;
    const known = byKey.get(key);
    if (!known || known.createdAt < row.createdAt) byKey.set(key, row);
  }
  return [...byKey.values()];
}

/** Groups, those in trouble first, then by name. */
export function applicationsOf(rows: readonly MemberRow[]): Group[] {
  const groups = new Map<string, Group>();
  for (const row of newest(rows)) {
    const app = appNameOf(row.podName, row.name, row.nodeName);
    const key = `${row.podNamespace ?? ""}/${app.kind === "container" ? "container" : "pod"}/${app.name}`;
    const group = groups.get(key);
    if (group) group.members.push(row);
    else groups.set(key, { ...app, namespace: row.podNamespace, members: [row] });
  }
  const worst = (group: Group) => Math.min(...group.members.map(rankOf), WORST.indexOf("exited"));
  const text = ({ namespace, name }: Group) => `${namespace ?? ""}/${name}`;
  return [...groups.values()]
    .map((group) => ({ group, worst: worst(group) }))
    .sort((a, b) => a.worst - b.worst || (text(a.group) < text(b.group) ? -1 : 1))
    .map(({ group }) => group);
}

const toContainer = (row: MemberRow, extra: Extra): ApplicationContainer => {
  const usage = extra.usage.get(row.id);
  const { nodeId, nodeName, runtime, id, name, podName, image, state, exitCode, reason, startedAt, finishedAt } = row;
  return {
    ...{ nodeId, nodeName, runtime, id, name, podName, image, state, exitCode, reason, startedAt, finishedAt },
    restarts: row.attempt,
    memory: {
      limitBytes: usage?.limitBytes ?? row.memoryLimitBytes,
      usedBytes: usage?.usedBytes ?? row.memoryUsedBytes,
      peakBytes: usage?.peakBytes ?? null,
    },
    cpu: { limitMillis: row.cpuLimitMillis, usedMillis: row.cpuUsedMillis },
  };
};

/** A group as it is shown. */
export function shown({ namespace, name, kind, members }: Group, extra: Extra): Application {
  // Of those in the same state, the one with trouble is the one that is asked about.
  const troubles = ({ id }: MemberRow) => extra.findings.get(id)?.length ?? 0;
  const sorted = [...members].sort(
    (a, b) => rankOf(a) - rankOf(b) || troubles(b) - troubles(a) || (a.id < b.id ? -1 : 1),
  );
  const containers = sorted.map((row) => toContainer(row, extra));
  const count = (...states: string[]) => members.filter(({ state }) => states.includes(state)).length;
  const findings = findingsOf(members, extra);
  const [running, waiting, exited] = [count("running"), count("created"), count("exited")];
  const [first] = sorted;
  return {
    namespace,
    name,
    kind,
    containers: {
      running,
      waiting,
      exited,
      others: members.length - running - waiting - exited,
      total: members.length,
    },
    restarts: members.reduce((sum, { attempt }) => sum + attempt, 0),
    worst: first ? worstOf(first) : "running",
    memory: nearest(containers),
    cpu: nearestCpu(containers),
    side: sideOf(findings),
    findings,
    members: containers.slice(0, MEMBERS_MAX),
  };
}

const fullest = <T extends { ratio: number }>(all: readonly T[]): T | null =>
  all.reduce<T | null>((best, one) => (best === null || one.ratio > best.ratio ? one : best), null);

function nearest(containers: readonly ApplicationContainer[]): Application["memory"] {
  return fullest(
    containers.flatMap(({ memory: { limitBytes, usedBytes, peakBytes } }) => {
      const most = Math.max(usedBytes ?? -1, peakBytes ?? -1);
      return limitBytes !== null && limitBytes > 0 && most >= 0
        ? [{ limitBytes, peakBytes: most, ratio: most / limitBytes }]
        : [];
    }),
  );
}

function nearestCpu(containers: readonly ApplicationContainer[]): Application["cpu"] {
  return fullest(
    containers.flatMap(({ cpu: { limitMillis, usedMillis } }) =>
      limitMillis !== null && limitMillis > 0 && usedMillis !== null
        ? [{ limitMillis, usedMillis, ratio: usedMillis / limitMillis }]
        : [],
    ),
  );
}

function findingsOf(members: readonly MemberRow[], extra: Extra): ApplicationFinding[] {
  const byCheck = new Map<string, ApplicationFinding>();
  for (const { id } of members) {
    const seen = new Set<string>();
    for (const { checkId, title, severity, side, since } of extra.findings.get(id) ?? []) {
      const known = byCheck.get(checkId);
      if (!known) byCheck.set(checkId, { checkId, title, severity, side, since, containers: 1 });
      else {
        if (since < known.since) known.since = since;
        if (!seen.has(checkId)) known.containers += 1;
      }
      seen.add(checkId);
    }
  }
  return [...byCheck.values()].sort(
    (a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity) || (a.checkId < b.checkId ? -1 : 1),
  );
}

/** Whose its worst trouble is; null where there is none. */
const sideOf = ([first]: readonly ApplicationFinding[]): VerdictSide | null => first?.side ?? null;

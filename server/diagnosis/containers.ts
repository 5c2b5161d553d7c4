// Containers as diagnosis sees them: found by id, pod or mention, always within the scope.
import type { Prisma, PrismaClient } from "../../generated/prisma/client.ts";
import type { Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { isUuid, likePattern, type Scope } from "../core/scope.ts";
import type { Mentions } from "./mentions.ts";
import type { CaseSubject } from "./schema.ts";

type Db = PrismaClient | Tx;

export const containerColumns = {
  nodeId: true,
  runtime: true,
  id: true,
  name: true,
  podName: true,
  podNamespace: true,
  image: true,
  state: true,
  exitCode: true,
  reason: true,
  attempt: true,
  createdAt: true,
  startedAt: true,
  finishedAt: true,
  cpuLimitMillis: true,
  memoryLimitBytes: true,
  cpuUsedMillis: true,
  memoryUsedBytes: true,
  node: { select: { name: true } },
} as const satisfies Prisma.ContainerSelect;

export type ContainerRow = Prisma.ContainerGetPayload<{ select: typeof containerColumns }>;

/** More than that are looked at nowhere. */
const CANDIDATES_MAX = 50;

/** What needs looking at first: what does not run, then what ended last. */
const trouble: Record<string, number> = { unknown: 0, exited: 1, created: 2, paused: 3, running: 4 };

/** Of several containers of a pod the one that is asked about: an ended one counts only where it is the newest of its name. */
export function worstOf(containers: readonly ContainerRow[]): ContainerRow | undefined {
  const newest = new Map<string, ContainerRow>();
  for (const one of containers) {
    const key = `${one.nodeId}/${one.podNamespace}/${one.podName}/${one.name}`;
    const known = newest.get(key);
    if (!known || known.createdAt < one.createdAt) newest.set(key, one);
  }
  const badly = (one: ContainerRow) =>
    one.state === "exited" && (one.exitCode ?? 0) === 0 ? 5 : (trouble[one.state] ?? 0);
  return [...newest.values()].sort(
    (a, b) => badly(a) - badly(b) || b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? -1 : 1),
  )[0];
}

export const subjectOf = (kind: CaseSubject["kind"], one: ContainerRow): CaseSubject => ({
  kind,
  nodeId: one.nodeId,
  nodeName: one.node.name,
  runtime: one.runtime,
  containerId: one.id,
  containerName: one.name,
  podNamespace: one.podNamespace,
  podName: one.podName,
  image: one.image,
  state: one.state,
});

export const nodeSubject = (nodeId: string, nodeName: string): CaseSubject => ({
  kind: "node",
  nodeId,
  nodeName,
  runtime: null,
  containerId: null,
  containerName: null,
  podNamespace: null,
  podName: null,
  image: null,
  state: null,
});

const noSuch = (kind: "container" | "pod", isForeign: boolean) =>
  new AppError("not_found", `no such ${kind}`, { publicMessage: `There is no such ${kind}.`, isForeign });

/** Rows within the scope. @throws AppError("not_found") when there is none; only the audit trail learns of one outside */
async function findRows(
  db: Db,
  scope: Scope,
  kind: "container" | "pod",
  where: Prisma.ContainerWhereInput,
): Promise<ContainerRow[]> {
  const within = (node: Prisma.NodeWhereInput) => ({ AND: [where, { node: { AND: [{ revokedAt: null }, node] } }] });
  const found = await db.container.findMany({
    where: within(scope.where),
    orderBy: { createdAt: "desc" },
    take: CANDIDATES_MAX,
    select: containerColumns,
  });
  if (found.length > 0) return found;
  const isForeign = !scope.isWhole && (await db.container.count({ where: within({}) })) > 0;
  throw noSuch(kind, isForeign);
}

const nodeNamed = (node: string | undefined): Prisma.ContainerWhereInput =>
  node === undefined ? {} : { node: isUuid(node) ? { id: node.toLowerCase() } : { name: node } };

/** @throws AppError("not_found"), or ("invalid") where the beginning of an id fits several containers */
export async function containerByRef(
  db: Db,
  scope: Scope,
  { container, node, runtime }: { container: string; node?: string | undefined; runtime?: string | undefined },
): Promise<ContainerRow> {
  const rows = await findRows(db, scope, "container", {
    OR: [{ id: { startsWith: likePattern(container.toLowerCase()) } }, { name: container }],
    ...nodeNamed(node),
    ...(runtime === undefined ? {} : { runtime }),
  });
  const exact = rows.filter(({ id, name }) => id === container.toLowerCase() || name === container);
  const candidates = exact.length > 0 ? exact : rows;
  const ids = new Set(candidates.map(({ id }) => id));
  const byNameOnly = candidates.every(({ name }) => name === container);
  const chosen = worstOf(candidates);
  if (!chosen || (ids.size > 1 && !byNameOnly))
    throw new AppError("invalid", `${ids.size} containers begin so`, {
      publicMessage: "Several containers begin like this; give more of the id.",
    });
  return chosen;
}

/** The container of a pod that needs looking at first. @throws AppError("not_found") */
export async function containerOfPod(
  db: Db,
  scope: Scope,
  { podName, podNamespace }: { podName: string; podNamespace?: string | undefined },
): Promise<ContainerRow> {
  const rows = await findRows(db, scope, "pod", {
    podName,
    ...(podNamespace === undefined ? {} : { podNamespace }),
  });
  const chosen = worstOf(rows);
  if (!chosen) throw noSuch("pod", false);
  return chosen;
}

/** What a text is about, where it names something of the scope: a container before a pod before a node. */
export async function mentioned(
  db: Db,
  scope: Scope,
  { ids, names }: Mentions,
): Promise<{ subject: CaseSubject; container: ContainerRow | null } | null> {
  const node: Prisma.NodeWhereInput = { AND: [{ revokedAt: null }, scope.where] };
  if (ids.length > 0) {
    const rows = await db.container.findMany({
      where: { OR: ids.map((id) => ({ id: { startsWith: id } })), node },
      take: CANDIDATES_MAX,
      select: containerColumns,
    });
    // An id that fits two containers names neither.
    const clear = rows.filter((row) => {
      const own = ids.filter((id) => row.id.startsWith(id));
      return own.some((id) => rows.every((other) => other.id === row.id || !other.id.startsWith(id)));
    });
    const chosen = worstOf(clear);
    if (chosen) return { subject: subjectOf("container", chosen), container: chosen };
  }
  if (names.length === 0) return null;
  const pods = await db.container.findMany({
    where: { podName: { in: [...names] }, node },
    take: CANDIDATES_MAX,
    select: containerColumns,
  });
  const firstNamed = names.find((name) => pods.some(({ podName }) => podName === name));
  const ofPod = worstOf(pods.filter(({ podName }) => podName === firstNamed));
  if (ofPod) return { subject: subjectOf("pod", ofPod), container: ofPod };
  const nodes = await db.node.findMany({
    where: { AND: [{ name: { in: [...names] } }, node] },
    take: 2,
    select: { id: true, name: true },
  });
  // A text that names two nodes is about neither.
  const [only, second] = nodes;
  return only && !second ? { subject: nodeSubject(only.id, only.name), container: null } : null;
}

// Links that open the wizard filled in: with a filter as a selector, with nodes by name, with a repair for the nodes that have its finding. Pure but `keepNodes`.

/** Longer than this a list of names travels through the browser's own store: servers and proxies cut long addresses off. */
const URL_NAMES_MAX = 1_500;
/** What stands in the link for a list that was kept. */
export const KEPT = "@kept";
const KEY = "nodeops-rollout-nodes";

/** Most nodes that a rollout takes by name (server/rollouts/schema.ts, `Where`). */
export const NAMED_NODES_MAX = 10_000;

type Fill = { kind?: string; p?: string; check?: string; where?: string };

/** The wizard for these nodes by name, and what else is known. @param keep stores a list that is too long for a link */
export function nodesHref(
  names: readonly string[],
  fill: Fill = {},
  keep: (names: readonly string[]) => void = keepNodes,
) {
  const isLong = names.join(",").length > URL_NAMES_MAX;
  if (isLong) keep(names);
  const nodes = isLong ? KEPT : names.join(",");
  return `/rollouts/new?${new URLSearchParams({ ...fill, nodes })}`;
}

/** Keeps a list for the wizard that is opened next in this tab. */
export function keepNodes(names: readonly string[]): void {
  sessionStorage.setItem(KEY, names.join(","));
}

/** Names that a link brings along. */
export const namesOf = (nodes: string | null): string[] =>
  ((nodes === KEPT ? sessionStorage.getItem(KEY) : nodes) ?? "").split(",").filter(Boolean);

/** What a repair of a finding is to the wizard. */
export const repairFill = (checkId: string, repairId: string) => ({
  kind: "repair",
  p: JSON.stringify({ repairId, checkId }),
  check: checkId,
});

/** A repair for every node with this finding, in waves. */
export const repairAllHref = (checkId: string, repairId: string): string =>
  `/rollouts/new?${new URLSearchParams(repairFill(checkId, repairId))}`;

export type NodeFilter = { q: string; state: readonly string[]; pool: readonly string[]; zone: readonly string[] };

const isSimple = (value: string): boolean => /^[A-Za-z0-9_.-]+$/.test(value);
const term = (key: string, values: readonly string[]): string =>
  values.length === 0
    ? ""
    : `${key}=${values.map((value) => (isSimple(value) ? value : JSON.stringify(value))).join("|")}`;

/** A filter of the list of nodes as a selector; null where no selector says it: a search, a state of this moment. */
export function selectorOf({ q, state, pool, zone }: NodeFilter): string | null {
  if (q !== "" || state.length > 0) return null;
  return [term("pool", pool), term("zone", zone)].filter(Boolean).join(" ") || "*";
}

export const selectorHref = (where: string): string => `/rollouts/new?${new URLSearchParams({ where })}`;

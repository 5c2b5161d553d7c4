// Links that open the wizard filled in. Pure.

/** A repair for every node with this finding, in waves. */
export const repairAllHref = (checkId: string, repairId: string): string =>
  `/rollouts/new?${new URLSearchParams({ kind: "repair", p: JSON.stringify({ repairId, checkId }), check: checkId })}`;

type Filter = { q: string; state: readonly string[]; pool: readonly string[]; zone: readonly string[] };

const isSimple = (value: string): boolean => /^[A-Za-z0-9_.-]+$/.test(value);
const term = (key: string, values: readonly string[]): string =>
  values.length === 0
    ? ""
    : `${key}=${values.map((value) => (isSimple(value) ? value : JSON.stringify(value))).join("|")}`;

/** Nodes as the list shows them: by pool and zone where that says it all, else the listed ones by name. */
export function changeHref({ q, state, pool, zone }: Filter, listed: readonly { name: string }[]): string {
  const needsNames = q !== "" || state.length > 0;
  if (needsNames) return `/rollouts/new?${new URLSearchParams({ nodes: listed.map(({ name }) => name).join(",") })}`;
  const where = [term("pool", pool), term("zone", zone)].filter(Boolean).join(" ");
  return where === "" ? "/rollouts/new" : `/rollouts/new?${new URLSearchParams({ where })}`;
}

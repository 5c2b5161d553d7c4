// Which rows of a list are chosen: single ones, a range by shift, a page, or all that match the filter. Pure.

/** A row as a selection keeps it. */
export type Pick = { id: string; name: string };

export type Selection = {
  /** Chosen rows by id, also those of other pages. */
  picked: ReadonlyMap<string, string>;
  /** All that match the filter, wherever they stand; `picked` is then what is seen of them. */
  isAll: boolean;
  /** Row that was clicked last: a range begins there. */
  anchor: string | null;
};

export const noSelection: Selection = { picked: new Map(), isAll: false, anchor: null };

const withAll = (picked: ReadonlyMap<string, string>, rows: readonly Pick[]): Map<string, string> =>
  new Map([...picked, ...rows.map(({ id, name }) => [id, name] as const)]);

/** One row changes; with `isRange` every row between the anchor and it becomes as it does. */
export function toggle(before: Selection, rows: readonly Pick[], id: string, isRange: boolean): Selection {
  const at = rows.findIndex((row) => row.id === id);
  if (at < 0) return before;
  const from = isRange ? rows.findIndex((row) => row.id === before.anchor) : -1;
  const range = from < 0 ? rows.slice(at, at + 1) : rows.slice(Math.min(from, at), Math.max(from, at) + 1);
  // Of "all that match" only what is seen can be taken away one by one.
  const base = before.isAll ? withAll(new Map(), rows) : before.picked;
  const isOn = !(before.isAll || before.picked.has(id));
  const picked = new Map(base);
  for (const row of range) {
    if (isOn) picked.set(row.id, row.name);
    else picked.delete(row.id);
  }
  return { picked, isAll: false, anchor: id };
}

export type PageState = "none" | "some" | "all";

export function pageState({ picked, isAll }: Selection, rows: readonly Pick[]): PageState {
  if (isAll && rows.length > 0) return "all";
  const n = rows.filter(({ id }) => picked.has(id)).length;
  return n === 0 ? "none" : n === rows.length ? "all" : "some";
}

/** The box above the column: takes the whole page, or leaves it. */
export function togglePage(before: Selection, rows: readonly Pick[]): Selection {
  if (pageState(before, rows) !== "all") return { ...before, picked: withAll(before.picked, rows), isAll: false };
  const picked = new Map(before.isAll ? [] : before.picked);
  for (const { id } of rows) picked.delete(id);
  return { picked, isAll: false, anchor: null };
}

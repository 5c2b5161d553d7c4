// A list's selection as it lives: kept from page to page, forgotten when the filter changes.
"use client";
import { useEffect, useState } from "react";
import { noSelection, type Pick, pageState, type Selection, toggle, togglePage } from "../_lib/selection.ts";
import type { RowSelection } from "./table.tsx";

/** @param filter what the list is filtered by, as text: another filter is another list */
export function useSelection(filter: string): {
  selection: Selection;
  set: (selection: Selection) => void;
  clear: () => void;
  /** For the table: how a row is kept, and what its box is called. */
  forTable: <Row>(rows: readonly Row[], pickOf: (row: Row) => Pick) => RowSelection<Row>;
} {
  const [selection, set] = useState(noSelection);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the filter is what it depends on
  useEffect(() => set(noSelection), [filter]);
  return {
    selection,
    set,
    clear: () => set(noSelection),
    forTable: (rows, pickOf) => {
      const picks = rows.map(pickOf);
      return {
        page: pageState(selection, picks),
        onPage: () => set(togglePage(selection, picks)),
        isPicked: (row) => selection.isAll || selection.picked.has(pickOf(row).id),
        onPick: (row, isRange) => set(toggle(selection, picks, pickOf(row).id, isRange)),
        nameOf: (row) => pickOf(row).name,
      };
    },
  };
}

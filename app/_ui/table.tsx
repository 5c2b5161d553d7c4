// The table of every list: dense, sortable by its headers, walked with j and k (each row's first link takes the focus).
"use client";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { PageState } from "../_lib/selection.ts";
import { cn } from "./cn.ts";
import { ScrollArea } from "./scroll-area.tsx";

export type Column<Row> = {
  id: string;
  header: string;
  cell: (row: Row) => ReactNode;
  /** Key that the server sorts by; the header is then a button. */
  sort?: string;
  align?: "right";
  /** Narrower than this the column is left out. */
  from?: "sm" | "md" | "lg" | "xl";
  className?: string;
};

/** Boxes in front of the rows. */
export type RowSelection<Row> = {
  page: PageState;
  onPage: () => void;
  isPicked: (row: Row) => boolean;
  /** `isRange`: shift was held. */
  onPick: (row: Row, isRange: boolean) => void;
  nameOf: (row: Row) => string;
};

export type Sort = { by: string; descending: boolean };

const visibleFrom = {
  sm: "hidden sm:table-cell",
  md: "hidden md:table-cell",
  lg: "hidden lg:table-cell",
  xl: "hidden xl:table-cell",
} as const;

function SortButton({
  header,
  direction,
  onClick,
}: {
  header: string;
  direction: "up" | "down" | null;
  onClick: () => void;
}): ReactNode {
  return (
    <button
      type="button"
      onClick={onClick}
      className="-mx-1 inline-flex items-center gap-1 rounded-sm px-1 hover:text-text"
    >
      {header}
      {direction === "up" && <ArrowUp aria-hidden className="size-3" />}
      {direction === "down" && <ArrowDown aria-hidden className="size-3" />}
    </button>
  );
}

/** A box with room around it for a finger. `data-pick`: the key x finds it in the row that has the focus. */
function PickBox(props: {
  label: string;
  isOn: boolean;
  isPart?: boolean;
  isOfRow?: boolean;
  onPick: (isRange: boolean) => void;
}): ReactNode {
  return (
    <label className="-my-1.5 -ml-3 flex h-9 w-9 cursor-pointer select-none items-center justify-center">
      <input
        type="checkbox"
        aria-label={props.label}
        checked={props.isOn}
        data-pick={props.isOfRow || undefined}
        ref={(box) => {
          if (box) box.indeterminate = props.isPart === true;
        }}
        // A click carries the shift key, a change does not.
        onClick={(event) => props.onPick(event.shiftKey)}
        onChange={() => undefined}
      />
    </label>
  );
}

/** @param caption what the table lists, for screen readers */
export function DataTable<Row>(props: {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
  empty?: ReactNode;
  /** Old rows are still shown while new ones are read. */
  isBusy?: boolean;
  selection?: RowSelection<Row> | undefined;
}): ReactNode {
  const t = useTranslations("common");
  const { columns, rows, sort, onSort, selection } = props;
  if (rows.length === 0 && props.empty) return props.empty;
  return (
    <ScrollArea
      label={props.caption}
      isBusy={props.isBusy}
      className={cn("relative transition-opacity duration-100", props.isBusy && "opacity-60")}
    >
      <table className="w-full border-collapse text-left text-sm">
        <caption className="sr-only">{props.caption}</caption>
        <thead>
          <tr className="border-b text-muted text-xs">
            {selection && (
              <th scope="col" className="h-8 w-9 pl-3">
                <PickBox
                  label={t("pickPage")}
                  isOn={selection.page === "all"}
                  isPart={selection.page === "some"}
                  onPick={selection.onPage}
                />
              </th>
            )}
            {columns.map((column) => {
              const direction = sort && sort.by === column.sort ? (sort.descending ? "down" : "up") : null;
              const key = column.sort;
              return (
                <th
                  key={column.id}
                  scope="col"
                  aria-sort={direction === "up" ? "ascending" : direction === "down" ? "descending" : undefined}
                  className={cn(
                    "h-8 whitespace-nowrap px-3 font-medium first-letter:uppercase",
                    column.align === "right" && "text-right",
                    column.from && visibleFrom[column.from],
                  )}
                >
                  {key && onSort ? (
                    <SortButton
                      header={column.header}
                      direction={direction}
                      onClick={() => onSort({ by: key, descending: direction === "up" })}
                    />
                  ) : (
                    column.header
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={props.rowKey(row)}
              data-row
              className={cn(
                "border-b last:border-b-0 focus-within:bg-sunken hover:bg-sunken/70",
                selection?.isPicked(row) && "bg-accent-soft/60",
              )}
            >
              {selection && (
                <td className="h-9 w-9 py-1.5 pl-3 align-middle">
                  <PickBox
                    label={t("pick", { name: selection.nameOf(row) })}
                    isOn={selection.isPicked(row)}
                    isOfRow
                    onPick={(isRange) => selection.onPick(row, isRange)}
                  />
                </td>
              )}
              {columns.map((column) => (
                <td
                  key={column.id}
                  className={cn(
                    "h-9 px-3 py-1.5 align-middle",
                    column.align === "right" && "text-right",
                    column.from && visibleFrom[column.from],
                    column.className,
                  )}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollArea>
  );
}

// The table of every list: dense, sortable by its headers, walked with j and k (each row's first link takes the focus).
"use client";
import { ArrowDown, ArrowUp } from "lucide-react";
import type { ReactNode } from "react";
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
}): ReactNode {
  const { columns, rows, sort, onSort } = props;
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
              className="border-b last:border-b-0 focus-within:bg-sunken hover:bg-sunken/70"
            >
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

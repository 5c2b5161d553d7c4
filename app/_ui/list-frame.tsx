// The frame of every list: tools above, table, pages below; loading, error, empty and stale states included.
"use client";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Paged } from "../../server/core/paging.ts";
import { ExportMenu } from "./export-menu.tsx";
import { QueryView, TableSkeleton } from "./feedback.tsx";
import { Pager } from "./list-tools.tsx";
import { Panel } from "./page-parts.tsx";
import { type Column, DataTable, type RowSelection, type Sort } from "./table.tsx";

/** The line of search field and filters; what is exported is the list as it is filtered now. */
export function ListTools<Row extends object>(props: {
  children: ReactNode;
  /** File name and one page of 200 rows; no export where absent. */
  exports?: { name: string; read: (page: number) => Promise<{ rows: Row[]; total: number }> };
  actions?: ReactNode;
}): ReactNode {
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      {props.children}
      <span className="ml-auto flex items-center gap-2">
        {props.actions}
        {props.exports && <ExportMenu name={props.exports.name} read={props.exports.read} />}
      </span>
    </div>
  );
}

/** @param caption what the table lists, for screen readers */
export function PagedTable<Row>(props: {
  caption: string;
  query: UseQueryResult<Paged<Row>, unknown>;
  columns: Column<Row>[];
  rowKey: (row: Row) => string;
  empty: ReactNode;
  onPage: (page: number) => void;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
  skeletonRows?: number;
  /** Boxes in front of the rows of a page. */
  selectionOf?: ((rows: Row[]) => RowSelection<Row>) | undefined;
}): ReactNode {
  const { query } = props;
  return (
    <Panel>
      <QueryView query={query} skeleton={<TableSkeleton rows={props.skeletonRows ?? 12} />}>
        {({ rows, page, pageSize, total }) => (
          <>
            <DataTable
              caption={props.caption}
              columns={props.columns}
              rows={rows}
              rowKey={props.rowKey}
              sort={props.sort}
              onSort={props.onSort}
              isBusy={query.isPlaceholderData}
              selection={props.selectionOf?.(rows)}
              empty={props.empty}
            />
            <Pager page={page} pageSize={pageSize} total={total} onPage={props.onPage} />
          </>
        )}
      </QueryView>
    </Panel>
  );
}

// Facts tab: everything the agent told, searchable, each kind with its age.
"use client";
import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { useTranslations } from "next-intl";
import { parseAsString, useQueryState } from "nuqs";
import { type ReactNode, useCallback, useMemo, useState } from "react";
import type { NodeFactRow } from "../../../../../server/nodes/schema.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { cn } from "../../../../_ui/cn.ts";
import { EmptyState, QueryView, TableSkeleton } from "../../../../_ui/feedback.tsx";
import { SearchField } from "../../../../_ui/list-tools.tsx";
import { Panel } from "../../../../_ui/page-parts.tsx";
import { CopyButton, RelativeTime } from "../../../../_ui/values.tsx";
import { flattenFact, matchLines } from "./flatten-fact.ts";

/** Lines of one kind shown at once. */
const LINES_SHOWN = 200;

function Fact({ row, search }: { row: NodeFactRow; search: string }): ReactNode {
  const t = useTranslations("facts");
  const [isOpened, setOpened] = useState(false);
  const lines = useMemo(() => flattenFact(row.data), [row.data]);
  const found = useMemo(
    () => matchLines(lines, row.kind.toLowerCase().includes(search.toLowerCase()) ? "" : search),
    [lines, row.kind, search],
  );
  const isOpen = isOpened || search !== "";
  if (search !== "" && found.length === 0) return null;
  return (
    <li className="border-b last:border-b-0">
      <div className="flex items-center gap-2 px-3 py-1.5">
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={() => setOpened(!isOpened)}
          className="flex min-w-0 flex-1 items-center gap-2 rounded-sm text-left"
        >
          <ChevronRight
            aria-hidden
            className={cn("size-3.5 text-muted transition-transform duration-100", isOpen && "rotate-90")}
          />
          <span className="font-medium font-mono text-xs">{row.kind}</span>
          {row.error ? (
            <span className="truncate text-degraded">{row.error}</span>
          ) : (
            <span className="text-muted text-xs">{t("lines", { count: found.length })}</span>
          )}
        </button>
        <span className="text-muted text-xs">
          {t("changed")} <RelativeTime at={row.at} />
        </span>
        <CopyButton text={JSON.stringify(row.data, null, 2)} label={t("copyJson", { kind: row.kind })} />
      </div>
      {isOpen && row.data !== null && (
        <dl className="overflow-x-auto border-t bg-bg px-3 py-2 font-mono text-xs">
          {found.slice(0, LINES_SHOWN).map((line, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of one fact may be equal and never move.
            <div key={i} className="flex gap-4 py-px max-sm:flex-col max-sm:gap-0 max-sm:py-1">
              <dt className="w-80 shrink-0 break-words text-muted max-sm:w-auto">{line.path}</dt>
              <dd className="min-w-0 break-all">{line.value}</dd>
            </div>
          ))}
          {found.length > LINES_SHOWN && (
            <p className="pt-1 text-muted">{t("more", { count: found.length - LINES_SHOWN })}</p>
          )}
        </dl>
      )}
    </li>
  );
}

export function FactBrowser({ node }: { node: string }): ReactNode {
  const t = useTranslations("facts");
  const trpc = useTRPC();
  const facts = useQuery(trpc.nodes.facts.queryOptions({ node }));
  const [search, setSearch] = useQueryState("fact", parseAsString.withDefault(""));
  const onSearch = useCallback((value: string) => void setSearch(value || null), [setSearch]);
  return (
    <>
      <div className="mb-3 flex">
        <SearchField value={search} onChange={onSearch} label={t("search")} />
      </div>
      <Panel>
        <QueryView query={facts} skeleton={<TableSkeleton rows={10} />}>
          {(rows) =>
            rows.length === 0 ? (
              <EmptyState title={t("none")}>{t("noneHint")}</EmptyState>
            ) : (
              <ul>
                {rows.map((row) => (
                  <Fact key={row.kind} row={row} search={search} />
                ))}
              </ul>
            )
          }
        </QueryView>
      </Panel>
    </>
  );
}

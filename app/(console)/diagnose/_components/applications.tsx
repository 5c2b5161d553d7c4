// "My applications": what runs, what each uses of its limits, what is wrong with it and whose that is.
"use client";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useLocale, useTranslations } from "next-intl";
import { parseAsInteger, parseAsString, useQueryStates } from "nuqs";
import { type ReactNode, useCallback } from "react";
import { toast } from "sonner";
import type { Application, ApplicationContainer } from "../../../../server/diagnosis/schema.ts";
import { bytes, count, cpu, type Quantity } from "../../../_lib/format.ts";
import { useErrorText } from "../../../_lib/use-error-text.ts";
import { useText } from "../../../_lib/use-text.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { Button } from "../../../_ui/button.tsx";
import { EmptyState } from "../../../_ui/feedback.tsx";
import { ListTools, PagedTable } from "../../../_ui/list-frame.tsx";
import { SearchField } from "../../../_ui/list-tools.tsx";
import type { Look } from "../../../_ui/state.ts";
import { StateBadge } from "../../../_ui/state-badge.tsx";
import type { Column } from "../../../_ui/table.tsx";
import { Amount } from "../../../_ui/values.tsx";
import { sideLook, wellLook } from "./side-look.ts";

const worstLook: Record<Application["worst"], Look> = {
  "exited-badly": { tone: "unhealthy", shape: "square" },
  unknown: { tone: "unknown", shape: "diamond" },
  waiting: { tone: "degraded", shape: "triangle" },
  paused: { tone: "maintenance", shape: "pause" },
  exited: { tone: "silent", shape: "circle" },
  running: wellLook,
};

/** A share of a limit, as a bar with its numbers. */
function Share(props: { label: string; ratio: number; of: Quantity; limit: Quantity }): ReactNode {
  return (
    <span className="flex items-center justify-end gap-2 whitespace-nowrap">
      <progress
        aria-label={props.label}
        value={Math.min(1, props.ratio)}
        max={1}
        className={`h-1.5 w-14 overflow-hidden rounded-full [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-line ${props.ratio >= 0.95 ? "[&::-webkit-progress-value]:bg-unhealthy" : "[&::-webkit-progress-value]:bg-accent"}`}
      />
      <span>
        <Amount of={props.of} /> <span className="text-muted">/ </span>
        <Amount of={props.limit} />
      </span>
    </span>
  );
}

/** The member that is asked about: the worst one. */
function useLook(): { look: (member: ApplicationContainer) => void; isPending: boolean } {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const errorText = useErrorText();
  const live = useMutation(
    trpc.diagnosis.live.mutationOptions({
      onSuccess: (found) => {
        queries.setQueryData(trpc.diagnosis.case.queryKey({ id: found.caseId }), found);
        router.push(`/diagnose/${found.caseId}`);
      },
      onError: (error) => toast.error(errorText(error)),
    }),
  );
  return {
    look: ({ id, runtime, nodeId }) => live.mutate({ container: id, runtime, node: nodeId }),
    isPending: live.isPending,
  };
}

function useColumns(): Column<Application>[] {
  const t = useTranslations("diagnose");
  const text = useText();
  const locale = useLocale();
  const { look, isPending } = useLook();
  return [
    {
      id: "name",
      header: t("application"),
      className: "w-full min-w-36 max-w-0",
      cell: (row) => (
        <span className="block">
          <span className="block truncate font-medium">{row.name}</span>
          <span className="block truncate text-muted text-xs">
            {row.namespace ?? t("noNamespace")} · {t(`kinds.${row.kind}`)}
          </span>
          {row.findings.map((finding) => (
            <span key={finding.checkId} className="block text-xs">
              <StateBadge look={sideLook[finding.side]} label={t(`sides.${finding.side}`)} />{" "}
              <span>{text(finding.title)}</span>
              {row.containers.total > 1 && (
                <span className="text-muted"> {t("touches", { count: finding.containers })}</span>
              )}
            </span>
          ))}
        </span>
      ),
    },
    {
      id: "state",
      header: t("state"),
      cell: (row) => (
        <span className="block whitespace-nowrap">
          <StateBadge look={worstLook[row.worst]} label={t(`states.${row.worst}`)} />
          <span className="block text-muted text-xs">
            {t("running", { running: row.containers.running, total: row.containers.total })}
          </span>
        </span>
      ),
    },
    {
      id: "restarts",
      header: t("restarts"),
      align: "right",
      from: "md",
      cell: (row) => <span className={row.restarts > 0 ? "" : "text-muted"}>{count(row.restarts, locale)}</span>,
    },
    {
      id: "memory",
      header: t("memory"),
      align: "right",
      from: "md",
      cell: ({ memory }) =>
        memory ? (
          <Share
            label={t("memory")}
            ratio={memory.ratio}
            of={bytes(memory.peakBytes)}
            limit={bytes(memory.limitBytes)}
          />
        ) : (
          <span className="text-muted">{t("noLimit")}</span>
        ),
    },
    {
      id: "cpu",
      header: t("cpu"),
      align: "right",
      from: "lg",
      cell: (row) =>
        row.cpu ? (
          <Share label={t("cpu")} ratio={row.cpu.ratio} of={cpu(row.cpu.usedMillis)} limit={cpu(row.cpu.limitMillis)} />
        ) : (
          <span className="text-muted">{t("noLimit")}</span>
        ),
    },
    {
      id: "ask",
      header: "",
      align: "right",
      cell: (row) => {
        const [worst] = row.members;
        return (
          worst && (
            <Button disabled={isPending} onClick={() => look(worst)} aria-label={t("askAbout", { name: row.name })}>
              {t("ask")}
            </Button>
          )
        );
      },
    },
  ];
}

export function Applications(): ReactNode {
  const t = useTranslations("diagnose");
  const trpc = useTRPC();
  const [{ q, page }, setUrl] = useQueryStates({
    q: parseAsString.withDefault(""),
    page: parseAsInteger.withDefault(1),
  });
  const found = useQuery(
    trpc.diagnosis.myApplications.queryOptions({ search: q, page }, { placeholderData: keepPreviousData }),
  );
  const columns = useColumns();
  const onSearch = useCallback((text: string) => void setUrl({ q: text || null, page: null }), [setUrl]);
  return (
    <>
      <ListTools>
        <SearchField value={q} onChange={onSearch} label={t("searchApplications")} />
        {found.data?.isCut && <span className="text-degraded text-xs">{t("isCut")}</span>}
      </ListTools>
      <PagedTable<Application>
        caption={t("applications")}
        query={found}
        columns={columns}
        rowKey={(row) => `${row.namespace ?? ""}/${row.kind}/${row.name}`}
        onPage={(next) => void setUrl({ page: next })}
        empty={
          <EmptyState title={t(q ? "noApplicationFits" : "noApplications")}>
            {t(q ? "otherWords" : "noApplicationsHint")}
          </EmptyState>
        }
      />
    </>
  );
}

// What a check would find: a sample of the fleet at once, the whole of it on demand, with progress.
"use client";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import type { ShownBackTest as Result, Target } from "../../../../../server/custom-checks/schema.ts";
import { count, duration } from "../../../../_lib/format.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { readError } from "../../../../_trpc/errors.ts";
import { Button } from "../../../../_ui/button.tsx";
import { EmptyState } from "../../../../_ui/feedback.tsx";
import { Facts, Panel, Section } from "../../../../_ui/page-parts.tsx";
import { ProgressBar } from "../../../../_ui/progress-bar.tsx";
import { severityLook } from "../../../../_ui/state.ts";
import { StateBadge } from "../../../../_ui/state-badge.tsx";
import { DataTable } from "../../../../_ui/table.tsx";
import { Amount } from "../../../../_ui/values.tsx";

/** How often a running back-test is asked how far it is, ms. */
const POLL_MS = 700;

function Outcome({ result }: { result: Result }): ReactNode {
  const t = useTranslations("editor");
  const tAll = useTranslations();
  const text = useText();
  const locale = useLocale();
  return (
    <div className="flex flex-col gap-3">
      <Facts
        className="grid-cols-3"
        items={[
          { label: t("nodes"), value: `${count(result.nodes, locale)} / ${count(result.selected, locale)}` },
          {
            label: t("wouldOpen"),
            value: (
              <span className={result.wouldOpen > 0 ? "font-semibold text-unhealthy" : undefined}>
                {count(result.wouldOpen, locale)}
              </span>
            ),
          },
          { label: t("alreadyOpen"), value: count(result.alreadyOpen, locale) },
          { label: tAll("checkStatus.ok"), value: count(result.ok, locale) },
          { label: tAll("checkStatus.unknown"), value: count(result.unknown, locale) },
          { label: t("took"), value: result.wallMs === null ? "–" : <Amount of={duration(result.wallMs)} /> },
        ]}
      />
      {result.cutShort && <p className="text-degraded">{t(`cutShort.${result.cutShort}`)}</p>}
      {result.unknownReasons.length > 0 && (
        <ul className="text-muted text-xs">
          {result.unknownReasons.map(({ reason, nodes }) => (
            <li key={reason}>
              {count(nodes, locale)} × {reason}
            </li>
          ))}
        </ul>
      )}
      <Panel>
        <DataTable
          caption={t("sample")}
          rows={result.sample}
          rowKey={(row) => `${row.nodeId} ${row.subject}`}
          empty={<EmptyState title={t("findsNothing")} className="py-6" />}
          columns={[
            {
              id: "node",
              header: tAll("containers.node"),
              cell: (row) => (
                <Link href={`/nodes/${row.nodeId}`} className="hover:underline">
                  {row.nodeName}
                </Link>
              ),
            },
            {
              id: "message",
              header: t("message"),
              cell: (row) => (
                <span className="block">
                  <StateBadge look={severityLook[row.severity]} label={tAll(`severity.${row.severity}`)} />{" "}
                  {text(row.message)}
                  <span className="block truncate font-mono text-muted text-xs">
                    {row.subject}
                    {row.isOpen && ` · ${t("isOpen")}`}
                  </span>
                </span>
              ),
            },
          ]}
        />
      </Panel>
    </div>
  );
}

/** draft: not saved, or changed since; saved: what stands in the fields; known: a check of the catalogue. */
type Kind = "draft" | "saved" | "known";
type Props = { target: Target; selector: string; kind: Kind };

function WholeFleet({ target, selector, kind }: Props): ReactNode {
  const t = useTranslations("editor");
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const [runId, setRunId] = useState<string | null>(null);
  const start = useMutation(
    trpc.customChecks.startBackTest.mutationOptions({ onSuccess: (run) => setRunId(run.runId) }),
  );
  const cancel = useMutation(trpc.customChecks.cancelBackTest.mutationOptions());
  const run = useQuery(
    trpc.customChecks.backTestRun.queryOptions(
      { runId: runId ?? "" },
      {
        enabled: runId !== null,
        refetchInterval: (query) => (query.state.data?.state === "running" ? POLL_MS : false),
      },
    ),
  );
  const isRunning = run.data?.state === "running";
  const failure = start.error ?? run.error;
  return (
    <Section
      title={t("wholeFleet")}
      actions={
        isRunning ? (
          <Button size="small" onClick={() => runId && cancel.mutate({ runId })}>
            {tCommon("cancel")}
          </Button>
        ) : (
          <Button size="small" disabled={start.isPending} onClick={() => start.mutate({ target, selector })}>
            {t("runWhole")}
          </Button>
        )
      }
    >
      {isRunning && run.data && <ProgressBar label={t("wholeFleet")} done={run.data.done} total={run.data.selected} />}
      {failure && (
        <p role="alert" className="text-unhealthy">
          {readError(failure).message}
        </p>
      )}
      {run.data?.error && <p className="text-unhealthy">{run.data.error}</p>}
      {run.data?.result && <Outcome result={run.data.result} />}
      {!run.data && !failure && <p className="text-muted text-xs">{t(`wholeHint.${kind}`)}</p>}
    </Section>
  );
}

/** @param target null while the definition cannot be read; `whole` is what the look at the whole selection is about */
export function BackTest(props: Omit<Props, "target"> & { target: Target | null; whole: Target | null }): ReactNode {
  const { target, whole, selector, kind } = props;
  const t = useTranslations("editor");
  const trpc = useTRPC();
  const sample = useQuery(
    trpc.customChecks.backTest.queryOptions(
      { target: target ?? { id: "none-yet" }, selector },
      { enabled: target !== null, placeholderData: keepPreviousData, retry: false },
    ),
  );
  return (
    <div className="flex flex-col gap-7">
      <Section title={t("sampleTitle")} note={t(kind === "known" ? "sampleNoteAny" : "sampleNote")}>
        {sample.error && target ? (
          <p role="alert" className="text-unhealthy">
            {readError(sample.error).message}
          </p>
        ) : sample.data ? (
          <div className={sample.isPlaceholderData ? "opacity-60" : undefined}>
            <Outcome result={sample.data} />
          </div>
        ) : (
          <p className="text-muted">{t("waiting")}</p>
        )}
      </Section>
      {whole && <WholeFleet key={kind} target={whole} selector={selector} kind={kind} />}
    </div>
  );
}

// The repair page: phases as they happen, what was captured, how it ended, and the way back.
"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { parseAsBoolean, useQueryState } from "nuqs";
import { type ReactNode, useEffect, useState } from "react";
import { toast } from "sonner";
import { isOver, type RepairDetail } from "../../../../../server/repairs/schema.ts";
import { duration } from "../../../../_lib/format.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { readError } from "../../../../_trpc/errors.ts";
import { ApprovalActions, ApprovalLine } from "../../../../_ui/approval.tsx";
import { Button } from "../../../../_ui/button.tsx";
import { QueryView, Skeleton } from "../../../../_ui/feedback.tsx";
import { Facts, PageHeader, Panel, Section } from "../../../../_ui/page-parts.tsx";
import { GuardList } from "../../../../_ui/plan-view.tsx";
import { RiskBadge } from "../../../../_ui/risk-badge.tsx";
import { checkLook, repairLook } from "../../../../_ui/state.ts";
import { StateBadge, StateShape } from "../../../../_ui/state-badge.tsx";
import { Amount, CopyButton, CopyId, RelativeTime } from "../../../../_ui/values.tsx";
import { BeforeAfter } from "./before-after.tsx";
import { PhaseList } from "./phase-list.tsx";
import { UndoDrawer } from "./undo-drawer.tsx";

/** While a repair runs it is read this often even without hints, ms: its settling is a matter of time. */
const WATCH_MS = 2_000;

function RepairSkeleton(): ReactNode {
  return (
    <>
      <Skeleton className="mb-2 h-7 w-72" />
      <Skeleton className="mb-6 h-4 w-96 max-w-full" />
      <Skeleton className="h-80" />
    </>
  );
}

function Actions({ repair, onUndo }: { repair: RepairDetail; onUndo: () => void }): ReactNode {
  const t = useTranslations("repair");
  const trpc = useTRPC();
  const mayRun = useCan("repairs:run");
  const cancel = useMutation(
    trpc.repairs.cancel.mutationOptions({
      onSuccess: () => toast(t("cancelAsked")),
      onError: (error) => toast.error(t("failed"), { description: readError(error).message }),
    }),
  );
  if (!mayRun) return null;
  return (
    <>
      {repair.canCancel && (
        <Button
          look="danger"
          disabled={cancel.isPending}
          onClick={() => cancel.mutate({ id: repair.id })}
          title={t("cancelHint")}
        >
          {t("cancel")}
        </Button>
      )}
      {repair.canUndo && <Button onClick={onUndo}>{t("undo")}</Button>}
    </>
  );
}

function Outcome({ repair }: { repair: RepairDetail }): ReactNode {
  const t = useTranslations();
  const text = useText();
  if (!isOver(repair.state)) return null;
  const tone = repairLook[repair.state].tone;
  return (
    <div role="status" className="mb-5 flex items-start gap-3 rounded-md border bg-surface px-4 py-3">
      <StateShape look={repairLook[repair.state]} className="mt-1 size-3.5" />
      <div>
        <p
          className={
            tone === "healthy"
              ? "font-semibold text-healthy"
              : tone === "unhealthy"
                ? "font-semibold text-unhealthy"
                : "font-semibold"
          }
        >
          {t(`repair.ended.${repair.state as "succeeded" | "failed" | "cancelled"}`)}
          {repair.endedAt && (
            <span className="ml-2 font-normal text-muted">
              <Amount of={duration(repair.endedAt.getTime() - repair.createdAt.getTime())} />
            </span>
          )}
        </p>
        {repair.outcome && <p>{text(repair.outcome)}</p>}
      </div>
    </div>
  );
}

/** Nothing happens before somebody approves: says who, and lets the reader do it. */
function Awaiting({ repair }: { repair: RepairDetail }): ReactNode {
  const t = useTranslations("approvals");
  const text = useText();
  const [url, setUrl] = useState("");
  useEffect(() => setUrl(window.location.href), []);
  const { approval } = repair;
  if (!approval) return null;
  return (
    <div className="mb-5 flex flex-col gap-2 rounded-md border border-accent bg-surface px-4 py-3">
      <p role="status" className="font-semibold">
        {approval.needsSignature ? t("waits") : t("waitsRelease")}
      </p>
      <p className="text-muted">
        <ApprovalLine approval={approval} /> · {t("nothingYet")}
      </p>
      {repair.outcome && <p>{text(repair.outcome)}</p>}
      <p className="flex flex-wrap items-center gap-x-2 text-muted text-xs">
        {t("plan")} <CopyId id={repair.planHash} full />
      </p>
      <ApprovalActions id={repair.id} approval={approval} />
      <p className="flex items-center gap-1 text-muted text-xs">
        <CopyButton text={url} label={t("share")} /> {t("shareHint")}
      </p>
    </div>
  );
}

function Side({ repair }: { repair: RepairDetail }): ReactNode {
  const t = useTranslations();
  const text = useText();
  return (
    <div className="flex min-w-0 flex-col gap-7">
      <Section title={t("repair.verifies")}>
        <Panel className="p-3">
          {repair.verifies.length === 0 ? (
            <p className="text-muted">{t("repair.verifiesNothing")}</p>
          ) : (
            <ul className="flex flex-col gap-2">
              {repair.verifies.map((check) => (
                <li key={check.checkId}>
                  <span className="flex items-baseline gap-2">
                    <span className="flex-1">{text(check.title)}</span>
                    {check.status ? (
                      <StateBadge look={checkLook[check.status]} label={t(`checkStatus.${check.status}`)} />
                    ) : (
                      <span className="text-muted">{t("repair.notYet")}</span>
                    )}
                  </span>
                  {check.reason && <p className="text-muted text-xs">{check.reason}</p>}
                </li>
              ))}
            </ul>
          )}
        </Panel>
      </Section>
      <Section title={t("preview.touches")}>
        <p>{text(repair.plan.touches)}</p>
      </Section>
      <Section title={t("preview.guards")} note={t("repair.guardsNote")}>
        <GuardList guards={repair.guards} />
      </Section>
      <Section title={t("finding.about")}>
        <Facts
          className="grid-cols-2"
          items={[
            { label: t("repairs.by"), value: repair.requestedBy },
            { label: t("repair.origin"), value: t(`repair.origins.${repair.origin}`) },
            {
              label: t("repair.approvedBy"),
              value: repair.approvedBy.map(({ personName }) => personName).join(", "),
            },
            { label: t("repairs.started"), value: <RelativeTime at={repair.createdAt} /> },
            { label: t("repair.plan"), value: <CopyId id={repair.planHash} /> },
            { label: t("repair.id"), value: <CopyId id={repair.id} /> },
          ]}
        />
      </Section>
    </div>
  );
}

function Content({ repair }: { repair: RepairDetail }): ReactNode {
  const t = useTranslations();
  const text = useText();
  const [isUndoOpen, setUndoOpen] = useQueryState("undo", parseAsBoolean.withDefault(false));
  const title = text(repair.title);
  useEffect(() => {
    document.title = `${title} · ${repair.nodeName} · NodeOps Center`;
  }, [title, repair.nodeName]);
  return (
    <>
      <PageHeader
        up={{ href: "/repairs", label: t("nav.repairs") }}
        title={title}
        lead={
          <span className="flex flex-wrap items-baseline gap-x-3">
            <span role="status">
              <StateBadge look={repairLook[repair.state]} label={t(`repairState.${repair.state}`)} />
            </span>
            <Link href={`/nodes/${repair.nodeId}`} className="font-medium text-text hover:underline">
              {repair.nodeName}
            </Link>
            {repair.findingId && (
              <Link href={`/findings/${repair.findingId}`} className="hover:text-text hover:underline">
                {t("repair.finding")} {repair.subject}
              </Link>
            )}
            <RiskBadge risk={repair.risk} />
            {repair.undoOfId && (
              <Link href={`/repairs/${repair.undoOfId}`} className="hover:text-text hover:underline">
                {t("repair.undoOf")}
              </Link>
            )}
            {repair.undoneById && (
              <Link href={`/repairs/${repair.undoneById}`} className="hover:text-text hover:underline">
                {t("repair.undoneBy")}
              </Link>
            )}
          </span>
        }
        actions={<Actions repair={repair} onUndo={() => void setUndoOpen(true)} />}
      />
      <Outcome repair={repair} />
      <Awaiting repair={repair} />
      <div className="grid grid-cols-1 gap-x-6 gap-y-7 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <Section title={t("repair.progress")}>
          <PhaseList repair={repair} />
        </Section>
        <Side repair={repair} />
      </div>
      <BeforeAfter repair={repair} />
      {isUndoOpen && repair.canUndo && <UndoDrawer repairId={repair.id} onClose={() => void setUndoOpen(null)} />}
    </>
  );
}

export function RepairView({ id }: { id: string }): ReactNode {
  const trpc = useTRPC();
  const repair = useQuery(
    trpc.repairs.get.queryOptions(
      { id },
      { refetchInterval: ({ state }) => (state.data && isOver(state.data.state) ? false : WATCH_MS) },
    ),
  );
  return (
    <QueryView query={repair} skeleton={<RepairSkeleton />}>
      {(data) => <Content repair={data} />}
    </QueryView>
  );
}

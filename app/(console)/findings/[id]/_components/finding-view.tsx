// The finding page: the thing itself on the left, what can be done on the right. The opened preview is part of the URL.
"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { parseAsString, useQueryState } from "nuqs";
import { type ReactNode, useEffect, useState } from "react";
import { toast } from "sonner";
import { type FindingDetail, isPresent, isVisible } from "../../../../../server/findings/schema.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { readError } from "../../../../_trpc/errors.ts";
import { Article } from "../../../../_ui/article.tsx";
import { Button } from "../../../../_ui/button.tsx";
import { EvidenceList } from "../../../../_ui/evidence.tsx";
import { QueryView, Skeleton } from "../../../../_ui/feedback.tsx";
import { MuteDrawer } from "../../../../_ui/mute-drawer.tsx";
import { Facts, PageHeader, Panel, Section } from "../../../../_ui/page-parts.tsx";
import { findingLook, repairLook, severityLook } from "../../../../_ui/state.ts";
import { StateBadge } from "../../../../_ui/state-badge.tsx";
import { CopyId, RelativeTime } from "../../../../_ui/values.tsx";
import { Judge } from "./judge.tsx";
import { Automation, Notices } from "./notices.tsx";
import { OfferedRepairs } from "./offered-repairs.tsx";
import { RepairPreviewDrawer } from "./repair-preview.tsx";

function FindingSkeleton(): ReactNode {
  return (
    <>
      <Skeleton className="mb-2 h-7 w-72" />
      <Skeleton className="mb-6 h-4 w-96 max-w-full" />
      <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <Skeleton className="h-64" />
        <Skeleton className="h-40" />
      </div>
    </>
  );
}

function Acknowledge({ finding }: { finding: FindingDetail }): ReactNode {
  const t = useTranslations("finding");
  const trpc = useTRPC();
  const mayWrite = useCan("findings:write");
  const acknowledge = useMutation(
    trpc.findings.acknowledge.mutationOptions({
      onSuccess: () => toast(t("acknowledged")),
      onError: (error) => toast.error(t("failed"), { description: readError(error).message }),
    }),
  );
  if (!mayWrite || !isPresent(finding.state) || finding.acknowledgedBy) return null;
  return (
    <Button
      onClick={() => acknowledge.mutate({ id: finding.id })}
      disabled={acknowledge.isPending}
      title={t("acknowledgeHint")}
    >
      {t("acknowledge")}
    </Button>
  );
}

/** Opens the drawer with exactly this finding filled in: this check, this node, this subject. */
function Mute({ finding }: { finding: FindingDetail }): ReactNode {
  const t = useTranslations("mutes");
  const mayMute = useCan("findings:write");
  const [isOpen, setOpen] = useState(false);
  if (!mayMute || finding.mute || !isVisible(finding.state)) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t("muteThis")}</Button>
      <MuteDrawer
        of={{ checkId: finding.checkId, selector: `name=${finding.nodeName}`, subject: finding.subject }}
        open={isOpen}
        onClose={() => setOpen(false)}
      />
    </>
  );
}

function Runs({ finding }: { finding: FindingDetail }): ReactNode {
  const t = useTranslations();
  const text = useText();
  if (finding.runs.length === 0) return null;
  return (
    <Section title={t("finding.runs")}>
      <Panel>
        <ul>
          {finding.runs.map((run) => {
            const state = run.state as keyof typeof repairLook;
            return (
              <li
                key={run.id}
                data-row
                className="flex items-baseline gap-2 border-b px-3 py-1.5 last:border-b-0 hover:bg-sunken/70"
              >
                <Link href={`/repairs/${run.id}`} className="min-w-0 flex-1 truncate font-medium hover:underline">
                  {text(run.title)}
                </Link>
                <StateBadge look={repairLook[state]} label={t(`repairState.${state}`)} />
                <RelativeTime at={run.createdAt} className="text-muted text-xs" />
              </li>
            );
          })}
        </ul>
      </Panel>
    </Section>
  );
}

function AlsoOn({ finding }: { finding: FindingDetail }): ReactNode {
  const t = useTranslations("finding");
  if (finding.alsoOn.length === 0) return null;
  return (
    <Section title={t("alsoOn", { count: finding.alsoOn.length })}>
      <Panel className="flex flex-wrap gap-x-4 gap-y-1 p-3">
        {finding.alsoOn.map((other) => (
          <Link key={other.findingId} href={`/findings/${other.findingId}`} className="hover:underline">
            {other.nodeName}
          </Link>
        ))}
      </Panel>
    </Section>
  );
}

function Content({ finding }: { finding: FindingDetail }): ReactNode {
  const t = useTranslations();
  const text = useText();
  const [repair, setRepair] = useQueryState("repair", parseAsString);
  const title = text(finding.title);
  useEffect(() => {
    document.title = `${title} · ${finding.nodeName} · NodeOps Center`;
  }, [title, finding.nodeName]);
  return (
    <>
      <PageHeader
        up={{ href: "/findings", label: t("nav.findings") }}
        title={title}
        lead={
          <span className="flex flex-wrap items-baseline gap-x-3">
            <StateBadge look={severityLook[finding.severity]} label={t(`severity.${finding.severity}`)} />
            <Link href={`/nodes/${finding.nodeId}`} className="font-medium text-text hover:underline">
              {finding.nodeName}
            </Link>
            <StateBadge look={findingLook[finding.state]} label={t(`findingState.${finding.state}`)} />
            <span>
              {t("finding.first")} <RelativeTime at={finding.firstSeenAt} />
            </span>
            {finding.acknowledgedAt && (
              <span>
                {t("finding.seenBy")} <RelativeTime at={finding.acknowledgedAt} />
              </span>
            )}
          </span>
        }
        actions={
          <>
            <Acknowledge finding={finding} />
            <Mute finding={finding} />
          </>
        }
      />
      <Notices finding={finding} />
      <div className="grid grid-cols-1 gap-x-6 gap-y-7 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="flex min-w-0 flex-col gap-7">
          <p className="max-w-[80ch] text-base">{text(finding.message)}</p>
          <Section title={t("finding.evidence")}>
            <EvidenceList evidence={finding.evidence} />
          </Section>
          {finding.article && (
            <Section title={t("finding.article")}>
              <Panel className="p-4">
                <Article markdown={text(finding.article)} />
              </Panel>
            </Section>
          )}
        </div>
        <div className="flex min-w-0 flex-col gap-7 max-lg:row-start-1">
          <Section title={t("finding.whatToDo")}>
            <p className="mb-3">{text(finding.suggestion)}</p>
            <OfferedRepairs finding={finding} onPreview={(id) => void setRepair(id)} />
          </Section>
          {isVisible(finding.state) && <Automation finding={finding} />}
          <div className="contents max-lg:hidden">
            <Runs finding={finding} />
            <AlsoOn finding={finding} />
            <Judge finding={finding} />
            <Section title={t("finding.about")}>
              <Facts
                className="grid-cols-2"
                items={[
                  { label: t("findings.subject"), value: <CopyId id={finding.subject} full /> },
                  { label: t("finding.reason"), value: finding.reason },
                  {
                    label: t("findings.check"),
                    value: (
                      <Link href={`/checks/${finding.checkId}`} className="font-mono text-xs hover:underline">
                        {finding.checkId}
                      </Link>
                    ),
                  },
                  { label: t("finding.reads"), value: finding.needs.join(", ") },
                  { label: t("finding.raiseAfter"), value: `${finding.raiseAfterMs / 1000} s` },
                  { label: t("finding.clearAfter"), value: `${finding.clearAfterMs / 1000} s` },
                  { label: t("finding.lastSeen"), value: <RelativeTime at={finding.lastSeenAt} /> },
                  { label: t("finding.closed"), value: finding.closedAt && <RelativeTime at={finding.closedAt} /> },
                  { label: t("finding.closeReason"), value: finding.closeReason },
                  { label: t("finding.cause"), value: finding.causeKey },
                ]}
              />
            </Section>
          </div>
        </div>
        <div className="flex flex-col gap-7 lg:hidden">
          <Runs finding={finding} />
          <AlsoOn finding={finding} />
          <Judge finding={finding} />
        </div>
      </div>
      {repair && <RepairPreviewDrawer findingId={finding.id} repairId={repair} onClose={() => void setRepair(null)} />}
    </>
  );
}

export function FindingView({ id }: { id: string }): ReactNode {
  const trpc = useTRPC();
  const finding = useQuery(trpc.findings.get.queryOptions({ id }));
  return (
    <QueryView query={finding} skeleton={<FindingSkeleton />}>
      {(data) => <Content finding={data} />}
    </QueryView>
  );
}

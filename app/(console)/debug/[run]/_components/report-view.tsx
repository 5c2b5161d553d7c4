// The page of a debug report: verdict, abnormal things and causes on the first screen; the parts below.
"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { type ReactNode, useEffect } from "react";
import type { DebugDetail } from "../../../../../server/debug/schema.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { DebugButton } from "../../../../_ui/debug-button.tsx";
import { EmptyState, QueryView, Skeleton } from "../../../../_ui/feedback.tsx";
import { PageHeader, Panel, Section } from "../../../../_ui/page-parts.tsx";
import { ShellButton } from "../../../../_ui/shell-button.tsx";
import { severityLook } from "../../../../_ui/state.ts";
import { StateShape } from "../../../../_ui/state-badge.tsx";
import { RelativeTime } from "../../../../_ui/values.tsx";
import { ReportParts } from "./report-parts.tsx";

/** While it is under way it is read this often even without hints, ms. */
const WATCH_MS = 700;

function AbnormalList({ detail }: { detail: DebugDetail }): ReactNode {
  const text = useText();
  return (
    <Panel>
      <ul className="divide-y">
        {detail.abnormal.map((one) => (
          <li key={`${one.rule} ${one.title.en}`} className="flex gap-2.5 p-3">
            <span className="mt-0.5">
              <StateShape look={severityLook[one.severity]} />
            </span>
            <div className="min-w-0 flex-1">
              <p className="font-medium">{text(one.title)}</p>
              {one.evidence.map((line) => (
                <p key={line} className="break-words font-mono text-muted text-xs">
                  {line}
                </p>
              ))}
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Causes({ detail }: { detail: DebugDetail }): ReactNode {
  const text = useText();
  if (detail.causes.length === 0) return null;
  return (
    <Section title={text({ en: "What it points at", zh: "可能的原因" })} className="mt-5">
      <ul className="flex flex-col gap-1">
        {detail.causes.map(({ id, title, confidence }) => (
          <li key={id} className="flex items-baseline gap-3">
            <span className="w-12 text-right text-muted tabular-nums">{Math.round(confidence * 100)} %</span>
            <Link href={`/knowledge/cause/${id}`} className="hover:underline">
              {text(title)}
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Body({ detail }: { detail: DebugDetail }): ReactNode {
  const text = useText();
  if (!detail.report)
    return detail.endedAt === null ? (
      <div aria-live="polite">
        <p className="mb-3 text-muted">{text({ en: "The agent is looking…", zh: "Agent 正在采集……" })}</p>
        <Skeleton className="h-64" />
      </div>
    ) : (
      <EmptyState title={text({ en: "There is no report", zh: "没有报告" })}>{text(detail.outcome)}</EmptyState>
    );
  return (
    <>
      {detail.verdict && <p className="mb-3 font-semibold text-base">{text(detail.verdict.text)}</p>}
      {detail.abnormal.length > 0 && <AbnormalList detail={detail} />}
      <Causes detail={detail} />
      <ReportParts report={detail.report} />
    </>
  );
}

function Content({ detail }: { detail: DebugDetail }): ReactNode {
  const text = useText();
  const { containerId, containerName, nodeName, nodeId, createdAt, requestedBy } = detail;
  const title = containerId === null ? nodeName : (containerName ?? containerId.slice(0, 12));
  useEffect(() => {
    document.title = `${title} · NodeOps Center`;
  }, [title]);
  return (
    <>
      <PageHeader
        up={{ href: `/nodes/${nodeId}?tab=debug`, label: nodeName }}
        title={text({ en: `Report on ${title}`, zh: `${title} 的调试报告` })}
        lead={
          <>
            <RelativeTime at={createdAt} /> · {requestedBy}
          </>
        }
        actions={
          <>
            {(containerId === null || detail.report) && (
              <ShellButton node={nodeId} subject={title} {...(containerId === null ? {} : { report: detail.id })} />
            )}
            <DebugButton node={nodeId} container={containerId ?? undefined} isAgain />
          </>
        }
      />
      <Body detail={detail} />
    </>
  );
}

export function ReportView({ id }: { id: string }): ReactNode {
  const trpc = useTRPC();
  const detail = useQuery(
    trpc.debug.get.queryOptions(
      { id },
      { refetchInterval: ({ state }) => (state.data && state.data.endedAt === null ? WATCH_MS : false) },
    ),
  );
  return (
    <QueryView query={detail} skeleton={<Skeleton className="h-80" />}>
      {(data) => <Content detail={data} />}
    </QueryView>
  );
}

// The page of a shell: what it is for, how long it lives, and – as it stands – its approval, its terminal or its recording.
"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Square } from "lucide-react";
import { useLocale } from "next-intl";
import { type ReactNode, type RefObject, useEffect, useRef } from "react";
import { toast } from "sonner";
import type { ShellDetail } from "../../../../../server/shells/schema.ts";
import { age } from "../../../../_lib/format.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useNow } from "../../../../_lib/use-now.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { readError } from "../../../../_trpc/errors.ts";
import { ApprovalActions, ApprovalLine } from "../../../../_ui/approval.tsx";
import { Button } from "../../../../_ui/button.tsx";
import { EmptyState, QueryView, Skeleton } from "../../../../_ui/feedback.tsx";
import { Facts, PageHeader, Panel } from "../../../../_ui/page-parts.tsx";
import { ShellEndText, ShellStateBadge } from "../../../../_ui/shell-state.tsx";
import { RelativeTime } from "../../../../_ui/values.tsx";
import { LiveTerminal } from "./live-terminal.tsx";
import { Replay } from "./replay.tsx";

/** Until it is open it is read this often even without hints, ms. */
const WATCH_MS = 1_000;

function Approval({ id }: { id: string }): ReactNode {
  const trpc = useTRPC();
  const approval = useQuery(trpc.approvals.get.queryOptions({ id }));
  return (
    <Panel className="p-4">
      <QueryView query={approval} skeleton={<Skeleton className="h-16" />}>
        {(run) => (
          <div className="flex flex-col gap-3">
            <p className="font-medium">
              <ApprovalLine approval={run.approval} />
            </p>
            <ApprovalActions id={id} approval={run.approval} />
          </div>
        )}
      </QueryView>
    </Panel>
  );
}

function StopButton({ shell, at }: { shell: ShellDetail; at: RefObject<HTMLButtonElement | null> }): ReactNode {
  const text = useText();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const stop = useMutation(
    trpc.shells.stop.mutationOptions({
      onSuccess: () => void queries.invalidateQueries(trpc.shells.pathFilter()),
      onError: (error) =>
        toast.error(text({ en: "Not stopped", zh: "未能终止" }), { description: readError(error).message }),
    }),
  );
  const isOver = shell.state === "ended" || shell.state === "refused";
  if (!useCan("shells:stop") || isOver) return null;
  const words = shell.state === "awaiting" ? { en: "Withdraw", zh: "撤回" } : { en: "End it", zh: "终止" };
  return (
    <Button ref={at} look="danger" disabled={stop.isPending} onClick={() => stop.mutate({ id: shell.id })}>
      <Square aria-hidden />
      {text(words)}
    </Button>
  );
}

/** How much of its time is left. */
function Left({ until }: { until: Date }): ReactNode {
  const text = useText();
  const locale = useLocale();
  const left = until.getTime() - useNow();
  const time = age(left, locale);
  return <span className="tabular">{text({ en: `ends by itself in ${time}`, zh: `${time}后自动结束` })}</span>;
}

function Body({ shell, stop }: { shell: ShellDetail; stop: RefObject<HTMLButtonElement | null> }): ReactNode {
  const text = useText();
  switch (shell.state) {
    case "awaiting":
      return <Approval id={shell.id} />;
    case "opening":
      return (
        <div role="status">
          <p className="mb-3 text-muted">{text({ en: "The node is opening it…", zh: "节点正在打开……" })}</p>
          <Skeleton className="h-72" />
        </div>
      );
    case "refused":
      return <EmptyState title={text({ en: "It was not opened", zh: "未打开" })}>{text(shell.outcome)}</EmptyState>;
    case "open":
      return <LiveTerminal shell={shell} leaveTo={stop} />;
    case "ended":
      return <Replay shell={shell} />;
  }
}

function Content({ shell }: { shell: ShellDetail }): ReactNode {
  const text = useText();
  const stop = useRef<HTMLButtonElement>(null);
  const { subject, nodeId, nodeName, namespaces, minutes, reason, requestedBy, createdAt, endedAt } = shell;
  const title = text({ en: `Shell: ${subject}`, zh: `终端：${subject}` });
  useEffect(() => {
    document.title = `${title} · NodeOps Center`;
  }, [title]);
  return (
    <>
      <PageHeader
        up={{ href: `/nodes/${nodeId}?tab=debug`, label: nodeName }}
        title={title}
        lead={
          <span className="flex flex-wrap items-center gap-x-3">
            <ShellStateBadge shell={shell} />
            <ShellEndText shell={shell} />
            {shell.state === "open" && shell.deadlineAt && <Left until={shell.deadlineAt} />}
          </span>
        }
        actions={<StopButton shell={shell} at={stop} />}
      />
      <Facts
        className="mb-4"
        items={[
          { label: text({ en: "Asked by", zh: "申请者" }), value: requestedBy },
          { label: text({ en: "Reason", zh: "理由" }), value: reason },
          {
            label: text({ en: "Enters", zh: "进入" }),
            value: namespaces.join(", ") || text({ en: "the node itself", zh: "节点本身" }),
          },
          { label: text({ en: "At most", zh: "最长" }), value: `${minutes} min` },
          { label: text({ en: "Asked", zh: "申请时间" }), value: <RelativeTime at={createdAt} /> },
          { label: text({ en: "Ended", zh: "结束时间" }), value: endedAt && <RelativeTime at={endedAt} /> },
        ]}
      />
      <Body shell={shell} stop={stop} />
    </>
  );
}

export function ShellView({ id }: { id: string }): ReactNode {
  const trpc = useTRPC();
  const shell = useQuery(
    trpc.shells.get.queryOptions(
      { id },
      { refetchInterval: ({ state }) => (state.data && state.data.endedAt === null ? WATCH_MS : false) },
    ),
  );
  return (
    <QueryView query={shell} skeleton={<Skeleton className="h-96" />}>
      {(data) => <Content shell={data} />}
    </QueryView>
  );
}

// The list of shells, newest first.
"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { parseAsInteger, parseAsStringLiteral, useQueryStates } from "nuqs";
import type { ReactNode } from "react";
import type { ShellRow } from "../../../../server/shells/schema.ts";
import { useText } from "../../../_lib/use-text.ts";
import { useTRPC, useTRPCClient } from "../../../_trpc/client.ts";
import { EmptyState } from "../../../_ui/feedback.tsx";
import { ListTools, PagedTable } from "../../../_ui/list-frame.tsx";
import { Segmented } from "../../../_ui/list-tools.tsx";
import { PageHeader } from "../../../_ui/page-parts.tsx";
import { ShellEndText, ShellStateBadge } from "../../../_ui/shell-state.tsx";
import type { Column } from "../../../_ui/table.tsx";
import { RelativeTime } from "../../../_ui/values.tsx";

const shownStates = ["all", "live"] as const;
const params = {
  state: parseAsStringLiteral(shownStates).withDefault("all"),
  page: parseAsInteger.withDefault(1),
};

function useColumns(): Column<ShellRow>[] {
  const text = useText();
  return [
    {
      id: "subject",
      header: text({ en: "Where", zh: "位置" }),
      className: "max-w-80",
      cell: (row) => (
        <span className="block">
          <Link href={`/shells/${row.id}`} className="font-medium hover:underline">
            {row.subject}
          </Link>
          <span className="block truncate text-muted text-xs">
            {row.containerId === null ? text({ en: "node", zh: "节点" }) : row.nodeName}
          </span>
        </span>
      ),
    },
    { id: "state", header: text({ en: "State", zh: "状态" }), cell: (row) => <ShellStateBadge shell={row} /> },
    {
      id: "end",
      header: text({ en: "End", zh: "结束原因" }),
      from: "lg",
      className: "text-muted",
      cell: (row) => <ShellEndText shell={row} />,
    },
    {
      id: "reason",
      header: text({ en: "Reason", zh: "理由" }),
      from: "md",
      className: "max-w-80 truncate text-muted",
      cell: (row) => <span title={row.reason}>{row.reason}</span>,
    },
    { id: "by", header: text({ en: "By", zh: "申请者" }), from: "sm", cell: (row) => row.requestedBy },
    {
      id: "created",
      header: text({ en: "Asked", zh: "申请时间" }),
      align: "right",
      cell: (row) => <RelativeTime at={row.createdAt} className="text-muted" />,
    },
  ];
}

export function ShellList(): ReactNode {
  const text = useText();
  const trpc = useTRPC();
  const client = useTRPCClient();
  const [url, setUrl] = useQueryStates(params);
  const columns = useColumns();
  const list = useQuery(
    trpc.shells.list.queryOptions({ state: url.state, page: url.page }, { placeholderData: keepPreviousData }),
  );
  const title = text({ en: "Shells", zh: "终端" });
  return (
    <>
      <PageHeader
        title={title}
        lead={text({
          en: "Time-boxed shells on nodes: approved by somebody else, recorded, ended by themselves.",
          zh: "节点上的限时终端：须他人批准，全程录制，到时自动结束。",
        })}
      />
      <ListTools
        exports={{
          name: "shells",
          read: (page) => client.shells.list.query({ state: url.state, page, pageSize: 200 }),
        }}
      >
        <Segmented
          label={text({ en: "State", zh: "状态" })}
          value={url.state}
          onChange={(state) => void setUrl({ state, page: null })}
          options={[
            { value: "all", label: text({ en: "All", zh: "全部" }) },
            { value: "live", label: text({ en: "Waiting or open", zh: "等待或打开" }) },
          ]}
        />
      </ListTools>
      <PagedTable
        caption={title}
        columns={columns}
        query={list}
        rowKey={(row) => row.id}
        empty={
          <EmptyState title={text({ en: "No shell", zh: "没有终端" })}>
            {text({
              en: "One is asked for on the page of a debug report or of a node.",
              zh: "可在调试报告或节点页面申请。",
            })}
          </EmptyState>
        }
        skeletonRows={6}
        onPage={(page) => void setUrl({ page })}
      />
    </>
  );
}

// Tab of a node: a new report on it, and the reports of before.
"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import type { ReactNode } from "react";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { DebugButton } from "../../../../_ui/debug-button.tsx";
import { EmptyState, QueryView, TableSkeleton } from "../../../../_ui/feedback.tsx";
import { Panel, Section } from "../../../../_ui/page-parts.tsx";
import { ShellButton } from "../../../../_ui/shell-button.tsx";
import { RelativeTime } from "../../../../_ui/values.tsx";

/** @param props.node id */
export function NodeDebug({ node, name }: { node: string; name: string }): ReactNode {
  const text = useText();
  const trpc = useTRPC();
  const list = useQuery(trpc.debug.list.queryOptions({ node, pageSize: 50 }));
  return (
    <Section
      title={text({ en: "Reports", zh: "调试报告" })}
      note={text({ en: "Reads only; works while runtimes hang.", zh: "只读取；运行时卡住时也可使用。" })}
      actions={
        <>
          <ShellButton node={node} subject={name} />
          <DebugButton node={node} />
        </>
      }
    >
      <QueryView query={list} skeleton={<TableSkeleton rows={4} />}>
        {({ rows }) =>
          rows.length === 0 ? (
            <EmptyState title={text({ en: "No report yet", zh: "还没有报告" })}>
              {text({
                en: "Debug looks at the node now. For one container, use the button in the list of containers.",
                zh: "“调试”会立即查看该节点。若要查看某个容器，请使用容器列表中的按钮。",
              })}
            </EmptyState>
          ) : (
            <Panel>
              <ul className="divide-y">
                {rows.map((row) => (
                  <li key={row.id} className="flex flex-wrap items-baseline gap-x-4 px-3 py-2">
                    <Link href={`/debug/${row.id}`} className="font-medium hover:underline">
                      {row.containerName ?? row.containerId?.slice(0, 12) ?? row.nodeName}
                    </Link>
                    <span className="text-muted">{row.requestedBy}</span>
                    <span className="ml-auto text-muted">
                      <RelativeTime at={row.createdAt} />
                    </span>
                  </li>
                ))}
              </ul>
            </Panel>
          )
        }
      </QueryView>
    </Section>
  );
}

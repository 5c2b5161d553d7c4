// The node page: header with state and why, then tabs. The tab is part of the URL.
"use client";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { parseAsString, useQueryState } from "nuqs";
import { type ReactNode, useEffect } from "react";
import type { NodeDetail } from "../../../../../server/nodes/schema.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useStateReason } from "../../../../_lib/use-state-reason.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { ContainerList } from "../../../../_ui/container-list.tsx";
import { QueryView, Skeleton } from "../../../../_ui/feedback.tsx";
import { FindingList } from "../../../../_ui/finding-list.tsx";
import { PageHeader, Panel } from "../../../../_ui/page-parts.tsx";
import { nodeLook } from "../../../../_ui/state.ts";
import { StateBadge } from "../../../../_ui/state-badge.tsx";
import { Tabs } from "../../../../_ui/tabs.tsx";
import { RelativeTime } from "../../../../_ui/values.tsx";
import { CheckTable } from "./check-table.tsx";
import { FactBrowser } from "./fact-browser.tsx";
import { ModuleTable } from "./module-table.tsx";
import { NodeActions } from "./node-actions.tsx";
import { NodeDebug } from "./node-debug.tsx";
import { NodeSummary } from "./node-summary.tsx";
import { Quarantine } from "./quarantine.tsx";
import { Timeline } from "./timeline.tsx";

function NodeSkeleton(): ReactNode {
  return (
    <>
      <Skeleton className="mb-2 h-7 w-56" />
      <Skeleton className="mb-6 h-4 w-80 max-w-full" />
      <Skeleton className="mb-4 h-9 w-full" />
      <div className="grid gap-4 md:grid-cols-2">
        <Skeleton className="h-40" />
        <Skeleton className="h-40" />
      </div>
    </>
  );
}

function Content({ node }: { node: NodeDetail }): ReactNode {
  const t = useTranslations();
  const reasonOf = useStateReason();
  const mayDebug = useCan("debug:run");
  const [tab, setTab] = useQueryState("tab", parseAsString.withDefault("summary"));
  useEffect(() => {
    document.title = `${node.name} · NodeOps Center`;
  }, [node.name]);
  return (
    <>
      <PageHeader
        up={{ href: "/nodes", label: t("nav.nodes") }}
        title={node.name}
        lead={
          <span className="flex flex-wrap items-baseline gap-x-2">
            <StateBadge look={nodeLook[node.state]} label={t(`nodeState.${node.state}`)} />
            <span>
              {t("node.for")} <RelativeTime at={node.stateSince} bare />
            </span>
            {node.stateReason && <span className="text-text">{reasonOf(node.stateReason)}</span>}
          </span>
        }
        actions={<NodeActions node={node} />}
      />
      {node.quarantinedAt && <Quarantine node={node} since={node.quarantinedAt} />}
      <Tabs
        label={t("node.tabs")}
        value={tab}
        onChange={(id) => void setTab(id)}
        tabs={[
          { id: "summary", label: t("node.tab.summary"), content: () => <NodeSummary node={node} /> },
          {
            id: "modules",
            label: t("node.tab.modules"),
            count: node.modules?.length,
            content: () => <ModuleTable node={node} />,
          },
          {
            id: "containers",
            label: t("node.tab.containers"),
            count: node.containerCount,
            content: () => <ContainerList node={node.id} />,
          },
          {
            id: "findings",
            label: t("node.tab.findings"),
            count: node.criticalCount + node.warningCount,
            content: () => (
              <div className="flex flex-col gap-7">
                <FindingList node={node.id} />
                <CheckTable checks={node.checks} />
              </div>
            ),
          },
          { id: "facts", label: t("node.tab.facts"), content: () => <FactBrowser node={node.id} /> },
          {
            id: "timeline",
            label: t("node.tab.timeline"),
            content: () => (
              <Panel>
                <Timeline node={node.id} />
              </Panel>
            ),
          },
          ...(mayDebug
            ? [
                {
                  id: "debug",
                  label: t("node.tab.debug"),
                  content: () => <NodeDebug node={node.id} name={node.name} />,
                },
              ]
            : []),
        ]}
      />
    </>
  );
}

/** @param node id or name */
export function NodeView({ node }: { node: string }): ReactNode {
  const trpc = useTRPC();
  const detail = useQuery(trpc.nodes.get.queryOptions({ node }));
  return (
    <QueryView query={detail} skeleton={<NodeSkeleton />}>
      {(data) => <Content node={data} />}
    </QueryView>
  );
}

// Summary tab: open findings first, then 24 hours of health and load, then what the node is.
"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { parseAsNumberLiteral, useQueryState } from "nuqs";
import { type ReactNode, useState } from "react";
import type { NodeDetail, NodeHistoryResult } from "../../../../../server/nodes/schema.ts";
import { bytes, percent } from "../../../../_lib/format.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { TimeChart } from "../../../../_ui/chart.tsx";
import { QueryView, Skeleton } from "../../../../_ui/feedback.tsx";
import { FindingGroups } from "../../../../_ui/finding-groups.tsx";
import { HealthStrip } from "../../../../_ui/health-strip.tsx";
import { Segmented } from "../../../../_ui/list-tools.tsx";
import { Facts, Panel, Section } from "../../../../_ui/page-parts.tsx";
import { Amount, CopyId, RelativeTime } from "../../../../_ui/values.tsx";
import { asGroups } from "./as-groups.ts";
import { chooseRange, ranges } from "./choose-range.ts";
import { FilesystemTable, RuntimeTable } from "./node-tables.tsx";

const asPercent = (value: number): string => `${Math.round(value * 100)} %`;
const asPlainPercent = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} %`;

function Charts({ history }: { history: NodeHistoryResult }): ReactNode {
  const t = useTranslations("node.chart");
  const from = history.from.getTime();
  const to = history.to.getTime();
  const marks = history.marks.map((mark) => ({
    at: mark.at.getTime(),
    label: mark.label,
    color:
      mark.kind === "finding" ? "var(--c-unhealthy)" : mark.kind === "repair" ? "var(--c-accent)" : "var(--c-muted)",
  }));
  const points = history.samples.map(({ at, ...values }) => ({ at: at.getTime(), ...values }));
  const shared = { points, from, to, marks, syncId: "node" };
  const one = (key: string, label: string) => [{ key, label, color: "var(--c-accent)" }];
  return (
    <div className="grid gap-x-6 gap-y-4 md:grid-cols-2 xl:grid-cols-3">
      <TimeChart {...shared} title={t("cpu")} series={one("cpuUsedRatio", t("cpu"))} format={asPercent} max={1} />
      <TimeChart
        {...shared}
        title={t("memory")}
        series={one("memoryUsedRatio", t("memory"))}
        format={asPercent}
        max={1}
      />
      <TimeChart {...shared} title={t("disk")} series={one("diskUsedRatio", t("disk"))} format={asPercent} max={1} />
      <TimeChart
        {...shared}
        title={t("ioPressure")}
        series={one("ioPressure", t("ioPressure"))}
        format={asPlainPercent}
      />
      <TimeChart
        {...shared}
        title={t("memoryPressure")}
        series={one("memoryPressure", t("memoryPressure"))}
        format={asPlainPercent}
      />
      <TimeChart {...shared} title={t("containers")} series={one("containerCount", t("containers"))} format={String} />
    </div>
  );
}

function About({ node }: { node: NodeDetail }): ReactNode {
  const t = useTranslations("node.about");
  const identity = node.identity;
  return (
    <Panel className="p-4">
      <Facts
        items={[
          { label: t("pool"), value: node.pool },
          { label: t("zone"), value: [node.zone, node.rack].filter(Boolean).join(" · ") },
          { label: t("lastSeen"), value: node.lastSeenAt && <RelativeTime at={node.lastSeenAt} /> },
          { label: t("os"), value: identity ? `${identity.os.name} ${identity.os.version}` : node.os },
          { label: t("kernel"), value: node.kernel },
          { label: t("arch"), value: node.arch },
          { label: t("cpus"), value: identity ? `${node.cpuCount} × ${identity.cpuModel}` : String(node.cpuCount) },
          { label: t("memory"), value: node.memoryBytes > 0 && <Amount of={bytes(node.memoryBytes)} /> },
          { label: t("booted"), value: identity && <RelativeTime at={new Date(identity.bootedAt)} /> },
          { label: t("addresses"), value: node.addresses.join(", ") },
          { label: t("hostname"), value: node.hostname },
          { label: t("virtualization"), value: identity?.virtualization },
          { label: t("agent"), value: node.agentVersion },
          { label: t("enrolled"), value: <RelativeTime at={node.enrolledAt} /> },
          { label: t("certificate"), value: node.certificateExpiresAt.toISOString().slice(0, 10) },
          { label: t("id"), value: <CopyId id={node.id} /> },
          {
            label: t("labels"),
            value: Object.entries(node.labels)
              .map(([key, value]) => `${key}=${value}`)
              .join(", "),
          },
          {
            label: t("load"),
            value: node.resources && [node.resources.load1, node.resources.load5, node.resources.load15].join(" · "),
          },
          {
            label: t("swap"),
            value: node.resources && node.resources.swapUsedRatio > 0 && (
              <Amount of={percent(node.resources.swapUsedRatio)} />
            ),
          },
        ]}
      />
    </Panel>
  );
}

export function NodeSummary({ node }: { node: NodeDetail }): ReactNode {
  const t = useTranslations("node");
  const trpc = useTRPC();
  const [initialRange] = useState(() => chooseRange(node.enrolledAt, Date.now()));
  const [chosen, setChosen] = useQueryState("range", parseAsNumberLiteral(ranges));
  const hours = chosen ?? initialRange;
  const history = useQuery(
    trpc.nodes.history.queryOptions(
      { node: node.id, hours },
      { refetchInterval: 60_000, placeholderData: keepPreviousData },
    ),
  );
  const findings = useQuery(trpc.findings.list.queryOptions({ node: node.id, state: "visible", pageSize: 20 }));
  return (
    <div className="flex flex-col gap-7">
      {findings.data && findings.data.rows.length > 0 && (
        <Section title={t("openFindings")}>
          <FindingGroups groups={asGroups(findings.data.rows)} />
        </Section>
      )}
      <Section
        title={t("history")}
        actions={
          <Segmented
            label={t("range")}
            value={String(hours)}
            onChange={(value) => void setChosen(ranges.find((range) => String(range) === value) ?? null)}
            options={ranges.map((range) => ({ value: String(range), label: t("hours", { hours: range }) }))}
          />
        }
      >
        <Panel className="p-4">
          <QueryView query={history} skeleton={<Skeleton className="h-56" />}>
            {(data) => (
              <div className="flex flex-col gap-5">
                <HealthStrip history={data} />
                {data.samples.length > 0 ? <Charts history={data} /> : <p className="text-muted">{t("noSamples")}</p>}
              </div>
            )}
          </QueryView>
        </Panel>
      </Section>
      <Section title={t("runtimes")}>
        <RuntimeTable node={node} />
      </Section>
      <Section title={t("filesystems")}>
        <FilesystemTable node={node} />
      </Section>
      <Section title={t("aboutTitle")}>
        <About node={node} />
      </Section>
    </div>
  );
}

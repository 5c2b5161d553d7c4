// An incident: how wide, since when, why it is one cause, what to do, and every node under it.
"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { toast } from "sonner";
import type { IncidentDetail, IncidentNode, Inference } from "../../../../../server/incidents/schema.ts";
import { count } from "../../../../_lib/format.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { readError } from "../../../../_trpc/errors.ts";
import { Button, ButtonLink } from "../../../../_ui/button.tsx";
import { EmptyState, QueryView, TableSkeleton } from "../../../../_ui/feedback.tsx";
import { RepairLink } from "../../../../_ui/finding-groups.tsx";
import { NodeSelectionBar, useToWizard } from "../../../../_ui/node-selection.tsx";
import { Facts, PageHeader, Panel, Section } from "../../../../_ui/page-parts.tsx";
import { nodesHref, repairAllHref, repairFill } from "../../../../_ui/rollout-links.ts";
import { Sparkline } from "../../../../_ui/sparkline.tsx";
import { findingLook, severityLook } from "../../../../_ui/state.ts";
import { StateBadge } from "../../../../_ui/state-badge.tsx";
import { type Column, DataTable } from "../../../../_ui/table.tsx";
import { useSelection } from "../../../../_ui/use-selection.ts";
import { RelativeTime } from "../../../../_ui/values.tsx";

function useNodeColumns(): Column<IncidentNode>[] {
  const t = useTranslations();
  const text = useText();
  return [
    {
      id: "node",
      header: t("containers.node"),
      cell: (node) => (
        <Link href={`/nodes/${node.id}`} className="whitespace-nowrap font-medium hover:underline">
          {node.name}
        </Link>
      ),
    },
    { id: "pool", header: t("nodes.pool"), from: "md", cell: (node) => node.pool },
    { id: "zone", header: t("nodes.zone"), from: "md", cell: (node) => node.zone || "–" },
    {
      id: "kernel",
      header: t("incidents.kernel"),
      from: "xl",
      className: "font-mono text-xs",
      cell: (node) => node.kernel,
    },
    {
      id: "findings",
      header: t("nav.findings"),
      className: "w-full min-w-44 max-w-0",
      cell: (node) => (
        <ul className="flex flex-col gap-1">
          {node.findings.map((finding) => (
            <li key={finding.id} className="flex flex-wrap items-center gap-x-3">
              <StateBadge look={findingLook[finding.state]} label={t(`findingState.${finding.state}`)} />
              <Link
                href={`/findings/${finding.id}`}
                className="min-w-0 max-w-full truncate hover:underline sm:max-w-[60ch]"
              >
                {text(finding.message)}
              </Link>
              <RelativeTime at={finding.firstSeenAt} className="text-muted text-xs" />
              <RepairLink finding={finding} inIncident />
            </li>
          ))}
        </ul>
      ),
    },
  ];
}

/** Why it is believed to be one cause although no check named it: the numbers that decided. */
function Inferred({ inference }: { inference: Inference }): ReactNode {
  const t = useTranslations("incidents");
  const { k, n, K, N, p } = inference;
  return (
    <p className="max-w-[80ch] rounded-md border px-3 py-2">
      {t("inferred", { attribute: inference.attribute, value: inference.value, k, n, shared: K, fleet: N })}{" "}
      <span className="tabular text-muted">p = {p < 1e-4 ? p.toExponential(1) : p.toFixed(4)}</span>
    </p>
  );
}

function Acknowledge({ incident }: { incident: IncidentDetail }): ReactNode {
  const t = useTranslations("finding");
  const trpc = useTRPC();
  const mayWrite = useCan("findings:write");
  const acknowledge = useMutation(
    trpc.incidents.acknowledge.mutationOptions({
      onSuccess: () => toast(t("acknowledged")),
      onError: (error) => toast.error(t("failed"), { description: readError(error).message }),
    }),
  );
  if (!mayWrite || incident.state === "closed" || incident.acknowledgedAt) return null;
  return (
    <Button disabled={acknowledge.isPending} onClick={() => acknowledge.mutate({ id: incident.id })}>
      {t("acknowledge")}
    </Button>
  );
}

type Suggested = { checkId: string; repairId: string; title: string; names: string[] };

/** The repairs that are suggested for the findings of an incident, one a check, with the nodes that have them here. */
function useSuggested(incident: IncidentDetail): Suggested[] {
  const text = useText();
  return incident.checks.flatMap(({ checkId }) => {
    const having = incident.nodes.filter(({ findings }) => findings.some((finding) => finding.checkId === checkId));
    const repair = having
      .flatMap(({ findings }) => findings.filter((finding) => finding.checkId === checkId))
      .find(({ suggestedRepair }) => suggestedRepair)?.suggestedRepair;
    return repair
      ? [{ checkId, repairId: repair.id, title: text(repair.title), names: having.map((n) => n.name) }]
      : [];
  });
}

/** One repair for all nodes of the incident that need it, in waves. Where not all of them are shown, every node with the finding. */
function RepairAll({ incident, suggested }: { incident: IncidentDetail; suggested: Suggested | undefined }): ReactNode {
  const t = useTranslations("incidents");
  const mayRun = useCan("rollouts:run");
  const wizard = useToWizard();
  if (!mayRun || !suggested || incident.state === "closed") return null;
  const { checkId, repairId, title, names } = suggested;
  const isWhole = incident.nodes.length >= incident.nodeCount;
  if (!isWhole)
    return (
      <ButtonLink size="small" className="mt-1" href={repairAllHref(checkId, repairId)}>
        {t("repairAll", { repair: title })}
      </ButtonLink>
    );
  return (
    <Button
      size="small"
      className="mt-1"
      onClick={() =>
        void wizard.open(
          async () => names,
          (chosen) => nodesHref(chosen, repairFill(checkId, repairId)),
        )
      }
    >
      {t("repairThese", { repair: title, count: names.length })}
    </Button>
  );
}

/** Nodes under the incident; some of them can be chosen and repaired, changed or cordoned together. */
function Nodes({ incident, suggested }: { incident: IncidentDetail; suggested: readonly Suggested[] }): ReactNode {
  const t = useTranslations();
  const columns = useNodeColumns();
  const mayRun = useCan("rollouts:run");
  const { selection, clear, forTable } = useSelection(incident.id);
  const isOpen = incident.state !== "closed";
  const offers = suggested.map(({ checkId, repairId, title }) => ({
    key: checkId,
    label: t("incidents.repairChosen", { repair: title }),
    hrefOf: (names: readonly string[]) => nodesHref(names, repairFill(checkId, repairId)),
  }));
  return (
    <Section title={t("incidents.nodes")}>
      <Panel>
        <DataTable
          caption={t("incidents.nodes")}
          columns={columns}
          rows={incident.nodes}
          rowKey={(node) => node.id}
          empty={<EmptyState title={t("incidents.noNodes")} className="py-6" />}
          selection={mayRun && isOpen ? forTable(incident.nodes, ({ id, name }) => ({ id, name })) : undefined}
        />
      </Panel>
      <NodeSelectionBar selection={selection} total={incident.nodes.length} onClear={clear} offers={offers} />
    </Section>
  );
}

function Content({ incident }: { incident: IncidentDetail }): ReactNode {
  const t = useTranslations();
  const text = useText();
  const locale = useLocale();
  const suggested = useSuggested(incident);
  return (
    <>
      <PageHeader
        up={{ href: "/incidents", label: t("nav.incidents") }}
        title={text(incident.title)}
        lead={
          <span className="flex flex-wrap items-center gap-x-3">
            <StateBadge look={severityLook[incident.severity]} label={t(`severity.${incident.severity}`)} />
            <span>
              {incident.closedAt ? t("incidents.closedSince") : t("incidents.openSince")}{" "}
              <RelativeTime at={incident.closedAt ?? incident.openedAt} />
            </span>
            {incident.acknowledgedAt && (
              <span>
                {t("finding.seenBy")} <RelativeTime at={incident.acknowledgedAt} />
              </span>
            )}
            <span className="break-all font-mono text-xs">{incident.causeKey}</span>
            <Sparkline values={incident.spread} label={t("findings.sparkline")} />
          </span>
        }
        actions={<Acknowledge incident={incident} />}
      />
      <div className="flex flex-col gap-7">
        <Facts
          items={[
            { label: t("nav.nodes"), value: count(incident.nodeCount, locale) },
            {
              label: t("incidents.peak"),
              value: incident.peakNodeCount === null ? null : count(incident.peakNodeCount, locale),
            },
            { label: t("nav.findings"), value: count(incident.findingCount, locale) },
          ]}
        />
        {incident.inference && <Inferred inference={incident.inference} />}
        {incident.isHolding && <p className="max-w-[80ch] text-muted">{t("incidents.holding")}</p>}
        <Section title={t("finding.whatToDo")}>
          <ul className="flex flex-col gap-2">
            {incident.checks.map((check) => (
              <li key={check.checkId} className="max-w-[90ch]">
                <Link href={`/checks/${check.checkId}`} className="font-medium hover:underline">
                  {text(check.title)}
                </Link>{" "}
                <span className="text-muted">({count(check.findingCount, locale)})</span>
                <p>{text(check.suggestion)}</p>
                <RepairAll incident={incident} suggested={suggested.find(({ checkId }) => checkId === check.checkId)} />
              </li>
            ))}
          </ul>
        </Section>
        <Nodes incident={incident} suggested={suggested} />
      </div>
    </>
  );
}

export function IncidentView({ id }: { id: string }): ReactNode {
  const trpc = useTRPC();
  const incident = useQuery(trpc.incidents.get.queryOptions({ id }));
  return (
    <QueryView query={incident} skeleton={<TableSkeleton rows={8} />}>
      {(data) => <Content incident={data} />}
    </QueryView>
  );
}

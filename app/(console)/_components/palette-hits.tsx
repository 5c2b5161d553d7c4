// What the palette finds besides pages and actions: nodes, findings, articles, containers (the server searches), open incidents and checks (searched here).
"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { BookOpen } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { shortId } from "../../_lib/format.ts";
import { useCan } from "../../_lib/use-me.ts";
import { useText } from "../../_lib/use-text.ts";
import { useTRPC } from "../../_trpc/client.ts";
import { phaseLook } from "../../_ui/rollout-look.ts";
import { nodeLook, severityLook } from "../../_ui/state.ts";
import { StateShape } from "../../_ui/state-badge.tsx";

/** Hits shown of each kind. */
const HITS = 6;
/** Checks and incidents are read once while the palette is open, ms. */
const STALE_MS = 60_000;

export type Hit = { key: string; href: string; lead: ReactNode; label: string; note: string };
export type HitGroup = { heading: string; hits: Hit[] };

/** @param search settled text; nothing is asked while it is empty */
export function useHits(search: string, isOpen: boolean): HitGroup[] {
  const t = useTranslations("nav");
  const text = useText();
  const trpc = useTRPC();
  const mayReadChecks = useCan("checks:read");
  const isAsking = isOpen && search.length > 0;
  const options = { enabled: isAsking, placeholderData: keepPreviousData };
  const known = { enabled: isAsking && mayReadChecks, staleTime: STALE_MS };
  const input = { search, pageSize: HITS };
  const nodes = useQuery(trpc.nodes.list.queryOptions(input, options)).data?.rows ?? [];
  const findings = useQuery(trpc.findings.list.queryOptions(input, options)).data?.rows ?? [];
  const containers = useQuery(trpc.containers.list.queryOptions(input, options)).data?.rows ?? [];
  const mayReadRollouts = useCan("rollouts:read");
  const rollouts =
    useQuery(trpc.rollouts.list.queryOptions(input, { ...options, enabled: isAsking && mayReadRollouts })).data?.rows ??
    [];
  const incidents = useQuery(trpc.incidents.list.queryOptions({ state: "open" }, known)).data?.rows ?? [];
  const checks = useQuery(trpc.inspections.checks.queryOptions(undefined, known)).data ?? [];
  const articles =
    useQuery(trpc.knowledge.list.queryOptions({ ...input, kind: "cause" }, { ...options, staleTime: STALE_MS })).data
      ?.rows ?? [];
  const matches = (...words: string[]): boolean => words.join(" ").toLowerCase().includes(search.toLowerCase());
  return [
    {
      heading: t("nodes"),
      hits: nodes.map((node) => ({
        key: `node ${node.id}`,
        href: `/nodes/${node.id}`,
        lead: <StateShape look={nodeLook[node.state]} />,
        label: node.name,
        note: [node.pool, node.zone].filter(Boolean).join(" · "),
      })),
    },
    {
      heading: t("incidents"),
      hits: incidents
        .filter((incident) => matches(text(incident.title), incident.causeKey))
        .slice(0, HITS)
        .map((incident) => ({
          key: `incident ${incident.id}`,
          href: `/incidents/${incident.id}`,
          lead: <StateShape look={severityLook[incident.severity]} />,
          label: text(incident.title),
          note: incident.causeKey,
        })),
    },
    {
      heading: t("findings"),
      hits: findings.map((finding) => ({
        key: `finding ${finding.id}`,
        href: `/findings/${finding.id}`,
        lead: <StateShape look={severityLook[finding.severity]} />,
        label: text(finding.title),
        note: `${finding.nodeName} · ${shortId(finding.subject)}`,
      })),
    },
    {
      heading: t("rollouts"),
      hits: rollouts.map((rollout) => ({
        key: `rollout ${rollout.id}`,
        href: `/rollouts/${rollout.id}`,
        lead: <StateShape look={phaseLook[rollout.phase]} />,
        label: rollout.title || text(rollout.summary),
        note: rollout.requestedByName,
      })),
    },
    {
      heading: t("checks"),
      hits: checks
        .filter((check) => matches(check.id, text(check.title), ...check.aliases))
        .slice(0, HITS)
        .map((check) => ({
          key: `check ${check.id}`,
          href: `/checks/${check.id}`,
          lead: <StateShape look={severityLook[check.severity]} />,
          label: text(check.title),
          note: check.id,
        })),
    },
    {
      heading: t("knowledge"),
      hits: articles.map((article) => ({
        key: `article ${article.articleId}`,
        href: `/knowledge/${article.articleId}`,
        lead: <BookOpen aria-hidden className="size-4 text-muted" />,
        label: text(article.title),
        note: "",
      })),
    },
    {
      heading: t("containers"),
      hits: containers.map((container) => ({
        key: `container ${container.nodeId} ${container.id}`,
        href: `/containers?q=${encodeURIComponent(container.id)}`,
        lead: <span className="font-mono text-xs">{shortId(container.id)}</span>,
        label: container.name,
        note: container.nodeName,
      })),
    },
  ];
}

// Who is not changed, and why: nodes that were sick before, in other hands, excluded by name; and nodes that joined the selection after the plan.
"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { isFinal, type RolloutDetail } from "../../../../../server/rollouts/schema.ts";
import { count } from "../../../../_lib/format.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { Panel, Section } from "../../../../_ui/page-parts.tsx";

/** Who joins is asked this often, ms: it selects in the whole fleet. */
const LATE_MS = 60_000;

function Names({ nodes, total }: { nodes: readonly { id: string; name: string }[]; total: number }): ReactNode {
  return (
    <span className="text-muted">
      {nodes.map(({ id, name }, i) => (
        <span key={id}>
          {i > 0 && ", "}
          <Link href={`/nodes/${id}`} className="text-text hover:underline">
            {name}
          </Link>
        </span>
      ))}
      {total > nodes.length && " …"}
    </span>
  );
}

function Line({ n, children }: { n: number; children: ReactNode }): ReactNode {
  const locale = useLocale();
  return (
    <li className="flex flex-wrap items-baseline gap-x-2 border-b px-3 py-1.5 last:border-b-0">
      <span className="tabular min-w-6 text-right font-medium">{count(n, locale)}</span>
      {children}
    </li>
  );
}

export function LeftOut({ rollout }: { rollout: RolloutDetail }): ReactNode {
  const t = useTranslations("rollout");
  const text = useText();
  const trpc = useTRPC();
  const isOver = isFinal(rollout.phase);
  const late = useQuery(
    trpc.rollouts.lateJoiners.queryOptions(
      { id: rollout.id },
      { enabled: !isOver, refetchInterval: LATE_MS, staleTime: LATE_MS },
    ),
  );
  const joined = isOver ? null : late.data;
  const { exclude } = rollout.where;
  if (rollout.leftOut.length === 0 && exclude.length === 0 && !joined?.count) return null;
  const left = rollout.leftOut.reduce((sum, one) => sum + one.count, 0);
  return (
    <Section title={t("leftOut")} note={left > 0 ? t("leftOutNote", { count: left }) : undefined}>
      <Panel>
        <ul>
          {rollout.leftOut.map(({ reason, count: n, sample }) => (
            <Line key={reason.en} n={n}>
              <span>{text(reason)}</span>
              <Names nodes={sample} total={n} />
            </Line>
          ))}
          {exclude.length > 0 && (
            <Line n={exclude.length}>
              <span>{t("excluded")}</span>
              <span className="min-w-0 break-words text-muted">
                {exclude.slice(0, 5).join(", ")}
                {exclude.length > 5 && " …"}
              </span>
            </Line>
          )}
          {joined && joined.count > 0 && (
            <Line n={joined.count}>
              <span>{t("late", { count: joined.count })}</span>
              <Names nodes={joined.sample} total={joined.count} />
              <Link href={`/rollouts/new?again=${rollout.id}`} className="text-accent hover:underline">
                {t("again")}
              </Link>
            </Line>
          )}
        </ul>
      </Panel>
    </Section>
  );
}

// The state of the fleet in one sentence; every number leads to what it counts.
"use client";
import Link from "next/link";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { type NodeState, nodeStates } from "../../../../server/nodes/schema.ts";
import type { Overview } from "../../../../server/overview/schema.ts";
import { nodeLook } from "../../../_ui/state.ts";
import { StateBadge, StateShape } from "../../../_ui/state-badge.tsx";

/** The state that stands for the fleet: the worst one that any node is in. */
export function worstState(byState: Record<NodeState, number>): NodeState {
  const order: NodeState[] = ["unhealthy", "not_reporting", "degraded", "unknown", "maintenance", "healthy"];
  return order.find((state) => byState[state] > 0) ?? "unknown";
}

export function StateSentence({ data }: { data: Overview }): ReactNode {
  const t = useTranslations();
  const link = (href: string) => (chunks: ReactNode) => (
    <Link href={href} className="underline decoration-line-strong hover:decoration-current">
      {chunks}
    </Link>
  );
  return (
    <header className="mb-5">
      <h1 className="flex items-baseline gap-2.5 font-semibold text-xl tracking-tight">
        <StateShape look={nodeLook[worstState(data.byState)]} className="size-3.5 translate-y-px" />
        <span>
          {t.rich("overview.sentence", {
            total: data.total,
            healthy: data.byState.healthy,
            needYou: data.needYou,
            repairs: data.activeRepairs.length,
            nodes: link("/nodes"),
            findings: link("/findings"),
            running: link("/repairs?state=active"),
          })}
        </span>
      </h1>
      <ul className="mt-2 flex flex-wrap gap-x-5 gap-y-1">
        {nodeStates
          .filter((state) => data.byState[state] > 0)
          .map((state) => (
            <li key={state}>
              <Link href={`/nodes?state=${state}`} className="inline-flex items-center gap-1.5 hover:underline">
                <StateBadge look={nodeLook[state]} label={t(`nodeState.${state}`)} />
                <span>{data.byState[state]}</span>
              </Link>
            </li>
          ))}
      </ul>
    </header>
  );
}

// The queue: each run and each rollout with everything that an approval would stand for.
"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { Fragment, type ReactNode } from "react";
import type { WaitingRollout, WaitingRun } from "../../../../server/approvals/schema.ts";
import { useCan } from "../../../_lib/use-me.ts";
import { useText } from "../../../_lib/use-text.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { ApprovalActions, ApprovalLine } from "../../../_ui/approval.tsx";
import { ButtonLink } from "../../../_ui/button.tsx";
import { EmptyState, QueryView, Skeleton } from "../../../_ui/feedback.tsx";
import { Panel } from "../../../_ui/page-parts.tsx";
import { EvidencePlanLine, GuardList, StepList } from "../../../_ui/plan-view.tsx";
import { RiskBadge } from "../../../_ui/risk-badge.tsx";
import { CopyId, RelativeTime } from "../../../_ui/values.tsx";
import { WaitingRolloutItem } from "./waiting-rollouts.tsx";

/** ms */
const REREAD_MS = 15_000;

function Item({ run }: { run: WaitingRun }): ReactNode {
  const t = useTranslations();
  const text = useText();
  return (
    <li data-run={run.id} data-row>
      <Panel className="flex flex-col gap-3 p-4">
        <div>
          <h2 className="flex flex-wrap items-baseline gap-x-3 font-semibold text-base">
            <Link href={`/repairs/${run.id}`} className="inline-block py-0.5 hover:underline">
              {text(run.title)}
            </Link>
            <RiskBadge risk={run.risk} />
          </h2>
          <p className="flex flex-wrap items-baseline gap-x-3 gap-y-1 pt-1 text-muted">
            <Link href={`/nodes/${run.nodeId}`} className="inline-block py-0.5 font-medium text-text hover:underline">
              {run.nodeName}
            </Link>
            <span>
              {t("approvals.askedBy", { name: run.requestedByName })} <RelativeTime at={run.createdAt} />
            </span>
            <ApprovalLine approval={run.approval} />
          </p>
        </div>
        <p>{text(run.plan.touches)}</p>
        <div className="grid grid-cols-1 gap-x-6 gap-y-3 lg:grid-cols-2">
          <div>
            <h3 className="mb-1 font-medium text-muted text-xs">
              {t("approvals.steps", { count: run.plan.steps.length })}
            </h3>
            <div className="mb-2 text-muted text-xs">
              <EvidencePlanLine evidence={run.plan.evidence} />
            </div>
            <StepList steps={run.plan.steps} />
          </div>
          <div>
            <h3 className="mb-1 font-medium text-muted text-xs">{t("approvals.guards")}</h3>
            <GuardList guards={run.guards} />
          </div>
        </div>
        <p className="flex flex-wrap items-center gap-x-2 text-muted text-xs">
          {t("approvals.plan")} <CopyId id={run.planHash} full />
        </p>
        <ApprovalActions id={run.id} approval={run.approval} />
      </Panel>
    </li>
  );
}

/** The two queues as one, oldest first. */
function Queue({ runs, rollouts }: { runs: WaitingRun[]; rollouts: WaitingRollout[] }): ReactNode {
  const t = useTranslations("approvals");
  const items = [
    ...runs.map((run) => ({ at: run.createdAt, key: run.id, item: <Item run={run} /> })),
    ...rollouts.map((rollout) => ({
      at: rollout.waitsSince,
      key: rollout.id,
      item: <WaitingRolloutItem rollout={rollout} />,
    })),
  ].sort((a, b) => a.at.getTime() - b.at.getTime());
  if (items.length === 0)
    return (
      <Panel>
        <EmptyState title={t("none")} action={<ButtonLink href="/approvals?tab=keys">{t("getKey")}</ButtonLink>}>
          {t("noneHint")}
        </EmptyState>
      </Panel>
    );
  return (
    <ul className="flex flex-col gap-4">
      {items.map(({ key, item }) => (
        <Fragment key={key}>{item}</Fragment>
      ))}
    </ul>
  );
}

export function Waiting(): ReactNode {
  const trpc = useTRPC();
  const mayRepairs = useCan("repairs:read");
  const mayRollouts = useCan("rollouts:read");
  const runs = useQuery(trpc.approvals.waiting.queryOptions({}, { enabled: mayRepairs }));
  // Gates open and soaks pass without a hint of their own.
  const rollouts = useQuery(
    trpc.approvals.waitingRollouts.queryOptions({}, { enabled: mayRollouts, refetchInterval: REREAD_MS }),
  );
  const skeleton = <Skeleton className="h-64" />;
  if (!mayRepairs)
    return (
      <QueryView query={rollouts} skeleton={skeleton}>
        {(rows) => <Queue runs={[]} rollouts={rows} />}
      </QueryView>
    );
  return (
    <QueryView query={runs} skeleton={skeleton}>
      {(rows) =>
        mayRollouts ? (
          <QueryView query={rollouts} skeleton={skeleton}>
            {(more) => <Queue runs={rows} rollouts={more} />}
          </QueryView>
        ) : (
          <Queue runs={rows} rollouts={[]} />
        )
      }
    </QueryView>
  );
}

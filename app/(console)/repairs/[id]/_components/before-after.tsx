// What the repair was about and what is there now, side by side: the finding's evidence on the left, the checks' word after it on the right.
"use client";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { isOver, type RepairDetail } from "../../../../../server/repairs/schema.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { EvidenceList } from "../../../../_ui/evidence.tsx";
import { Skeleton } from "../../../../_ui/feedback.tsx";
import { Panel, Section } from "../../../../_ui/page-parts.tsx";
import { checkLook, findingLook } from "../../../../_ui/state.ts";
import { StateBadge } from "../../../../_ui/state-badge.tsx";
import { RelativeTime } from "../../../../_ui/values.tsx";

export function BeforeAfter({ repair }: { repair: RepairDetail }): ReactNode {
  const t = useTranslations();
  const text = useText();
  const trpc = useTRPC();
  const mayRead = useCan("findings:read");
  const { findingId } = repair;
  const isShown = mayRead && findingId !== null && !repair.isUndo && repair.verifyingAt !== null;
  const finding = useQuery(trpc.findings.get.queryOptions({ id: findingId ?? "" }, { enabled: isShown }));
  if (!isShown) return null;
  return (
    <Section title={t("repair.beforeAfter")} className="mt-7">
      <div className="grid grid-cols-1 gap-x-6 gap-y-5 lg:grid-cols-2">
        <div className="min-w-0">
          <h3 className="mb-1.5 text-muted text-xs">{t("repair.before")}</h3>
          {finding.data ? (
            <>
              <p className="mb-2">{text(finding.data.message)}</p>
              <EvidenceList evidence={finding.data.evidence} />
            </>
          ) : (
            <Skeleton className="h-32" />
          )}
        </div>
        <div className="min-w-0">
          <h3 className="mb-1.5 text-muted text-xs">{t(isOver(repair.state) ? "repair.after" : "repair.sofar")}</h3>
          <Panel>
            <ul>
              {repair.verifies.map((check) => (
                <li
                  key={check.checkId}
                  className="flex flex-wrap items-baseline gap-x-3 border-b px-4 py-2 last:border-b-0"
                >
                  <span className="flex-1">{text(check.title)}</span>
                  {check.status ? (
                    <StateBadge look={checkLook[check.status]} label={t(`checkStatus.${check.status}`)} />
                  ) : (
                    <span className="text-muted">{t("repair.notYet")}</span>
                  )}
                  {check.reason && <span className="basis-full text-muted text-xs">{check.reason}</span>}
                </li>
              ))}
              {finding.data && (
                <li className="flex flex-wrap items-baseline gap-x-3 px-4 py-2">
                  <span className="flex-1">{t("repair.theFinding")}</span>
                  <StateBadge look={findingLook[finding.data.state]} label={t(`findingState.${finding.data.state}`)} />
                  {finding.data.closedAt && <RelativeTime at={finding.data.closedAt} className="text-muted text-xs" />}
                </li>
              )}
            </ul>
          </Panel>
        </div>
      </div>
    </Section>
  );
}

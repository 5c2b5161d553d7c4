// Repairs that the catalogue offers for a finding, each with its measured record. Nothing starts here: a preview comes first.
"use client";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { type FindingDetail, isVisible, type OfferedRepair } from "../../../../../server/findings/schema.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { Button, ButtonLink } from "../../../../_ui/button.tsx";
import { Panel } from "../../../../_ui/page-parts.tsx";
import { RiskBadge } from "../../../../_ui/risk-badge.tsx";
import { repairAllHref } from "../../../../_ui/rollout-links.ts";

function Record({ repair }: { repair: OfferedRepair }): ReactNode {
  const t = useTranslations("finding.record");
  const { record } = repair;
  if (record.total === 0) return <span>{t("never")}</span>;
  return (
    <span>
      {t("all", { succeeded: record.succeeded, total: record.total })}
      {record.totalOnKernel > 0 && (
        <> · {t("kernel", { succeeded: record.succeededOnKernel, total: record.totalOnKernel })}</>
      )}
    </span>
  );
}

/** As many other nodes as a finding names: there may be more. */
const ALSO_ON_MAX = 20;

export function OfferedRepairs({
  finding,
  onPreview,
}: {
  finding: FindingDetail;
  onPreview: (repairId: string) => void;
}): ReactNode {
  const t = useTranslations("finding");
  const text = useText();
  const mayRun = useCan("repairs:request");
  const mayRollOut = useCan("rollouts:run");
  if (finding.activeRepairId) {
    return (
      <Panel className="flex flex-wrap items-center gap-3 p-3">
        <span className="flex-1">{t("running")}</span>
        <ButtonLink look="primary" href={`/repairs/${finding.activeRepairId}`}>
          {t("watch")}
        </ButtonLink>
      </Panel>
    );
  }
  if (finding.repairs.length === 0) return <p className="text-muted">{t("noRepair")}</p>;
  const isOver = !isVisible(finding.state);
  return (
    <Panel>
      <ul>
        {finding.repairs.map((repair, i) => (
          <li key={repair.id} className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b p-3 last:border-b-0">
            <div className="min-w-40 flex-1">
              <p className="flex flex-wrap items-baseline gap-x-2">
                <span className="font-medium">{text(repair.title)}</span>
                <RiskBadge risk={repair.risk} />
              </p>
              <p className="text-muted text-xs">
                <Record repair={repair} />
                {repair.hasUndo && <> · {t("hasUndo")}</>}
              </p>
              {repair.tried.failed > 0 && (
                <p className="text-degraded text-xs">{t("triedHere", { count: repair.tried.failed })}</p>
              )}
            </div>
            {!isOver && mayRollOut && finding.alsoOn.length > 0 && (
              <ButtonLink href={repairAllHref(finding.checkId, repair.id)} title={t("repairAllHint")}>
                {finding.alsoOn.length < ALSO_ON_MAX
                  ? t("repairAll", { count: finding.alsoOn.length + 1 })
                  : t("repairAllMany")}
              </ButtonLink>
            )}
            {!isOver && (
              <Button look={i === 0 && mayRun ? "primary" : "plain"} onClick={() => onPreview(repair.id)}>
                {t("preview")}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

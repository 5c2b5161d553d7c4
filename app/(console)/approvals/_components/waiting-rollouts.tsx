// Rollouts in the queue: what, where, on how many nodes, under which hashes, who asks, and the one thing that the reader can do about it.
"use client";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { WaitingRollout } from "../../../../server/approvals/schema.ts";
import { count } from "../../../_lib/format.ts";
import { useCan } from "../../../_lib/use-me.ts";
import { useText } from "../../../_lib/use-text.ts";
import { Panel } from "../../../_ui/page-parts.tsx";
import { RiskBadge } from "../../../_ui/risk-badge.tsx";
import { SteerButton } from "../../../_ui/rollout-actions.tsx";
import { RolloutApproval } from "../../../_ui/rollout-approval.tsx";
import { GateForm } from "../../../_ui/rollout-gate.tsx";
import { CopyId, RelativeTime } from "../../../_ui/values.tsx";

/** Domains named in one line. */
const DOMAINS = 4;

/** "pool=web" · 40 nodes in 4 waves, zones a, b. */
function Place({ rollout }: { rollout: WaitingRollout }): ReactNode {
  const t = useTranslations("approvals");
  const locale = useLocale();
  const { selector, namedCount, checkId, domains } = rollout;
  const nodes = t("rolloutNodes", { count: rollout.targetCount, shown: count(rollout.targetCount, locale) });
  return (
    <p className="flex flex-wrap items-baseline gap-x-2">
      <span className="font-medium">
        {nodes} {t("rolloutWaves", { count: rollout.waveCount })}
      </span>
      {selector !== "" && <code className="min-w-0 break-all font-mono text-xs">{selector}</code>}
      {selector === "" && namedCount > 0 && <span className="text-muted">{t("byName")}</span>}
      {checkId && <span className="text-muted">{t("withFinding", { check: checkId })}</span>}
      {domains.length > 0 && (
        <span className="text-muted">
          {domains.slice(0, DOMAINS).join(", ")}
          {domains.length > DOMAINS && ` + ${domains.length - DOMAINS}`}
        </span>
      )}
    </p>
  );
}

function Act({ rollout, title }: { rollout: WaitingRollout; title: string }): ReactNode {
  const t = useTranslations("approvals");
  const own = useTranslations("rollout");
  const mayRun = useCan("rollouts:run");
  const { approval, gate, secondPerson } = rollout;
  if (approval) return <RolloutApproval rollout={{ id: rollout.id, approval }} />;
  if (gate)
    return (
      <div className="flex flex-col gap-2">
        <p>{own("gateManual", { wave: gate.after + 1 })}</p>
        <GateForm id={rollout.id} after={gate.after} canDecide={gate.canDecide} />
      </div>
    );
  if (!secondPerson) return null;
  return (
    <div className="flex flex-col items-start gap-2">
      <p>
        {t("secondPerson", {
          name: secondPerson.byName,
          wave: secondPerson.wave + 1,
          reason: secondPerson.reason,
        })}
      </p>
      {mayRun && <SteerButton id={rollout.id} title={title} act="promote" can why="" />}
    </div>
  );
}

/** One rollout that waits. */
export function WaitingRolloutItem({ rollout }: { rollout: WaitingRollout }): ReactNode {
  const t = useTranslations("approvals");
  const wizard = useTranslations("wizard");
  const own = useTranslations("rollout");
  const text = useText();
  const title = rollout.title || text(rollout.summary);
  const hashes = [
    { label: own("targetHash"), hash: rollout.targetHash },
    { label: t("changeHash"), hash: rollout.changeHash },
    { label: t("policyHash"), hash: rollout.policyHash },
  ];
  return (
    <li data-rollout={rollout.id} data-row>
      <Panel className="flex flex-col gap-3 p-4">
        <div>
          <h2 className="flex flex-wrap items-baseline gap-x-3 font-semibold text-base">
            <Link href={`/rollouts/${rollout.id}`} className="inline-block min-w-0 break-words py-0.5 hover:underline">
              {title}
            </Link>
            <RiskBadge risk={rollout.risk} />
            {rollout.lane === "fast" && (
              <span className="font-medium text-degraded text-xs">{wizard("lane_fast")}</span>
            )}
          </h2>
          <p className="flex flex-wrap items-baseline gap-x-3 gap-y-1 pt-1 text-muted">
            <span>{t(rollout.approval ? "rolloutSigns" : rollout.gate ? "rolloutGate" : "rolloutSecond")}</span>
            <span>
              {t("askedBy", { name: rollout.requestedByName })} <RelativeTime at={rollout.createdAt} />
            </span>
          </p>
        </div>
        {rollout.title !== "" && rollout.title !== rollout.summary.en && <p>{text(rollout.summary)}</p>}
        <Place rollout={rollout} />
        {rollout.reason && <p className="max-w-[80ch] break-words">{rollout.reason}</p>}
        <dl className="flex flex-wrap gap-x-6 gap-y-1 text-muted text-xs">
          {hashes.map(({ label, hash }) => (
            <div key={label} className="flex items-center gap-1">
              <dt>{label}</dt>
              <dd>
                <CopyId id={hash} />
              </dd>
            </div>
          ))}
        </dl>
        <Act rollout={rollout} title={title} />
      </Panel>
    </li>
  );
}

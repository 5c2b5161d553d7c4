// What was approved: change, selection, policy, each with its hash; folded, for whoever wants to know exactly.
"use client";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { Policy } from "../../../../../rollout/types.ts";
import type { RolloutDetail, Where } from "../../../../../server/rollouts/schema.ts";
import { count, duration } from "../../../../_lib/format.ts";
import { Facts, Panel, Section } from "../../../../_ui/page-parts.tsx";
import { Amount, CopyId, RelativeTime } from "../../../../_ui/values.tsx";

/** Only what says something. */
function whereOf(where: Where): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(where).filter(
      ([name, value]) =>
        value !== "" &&
        value !== null &&
        !(Array.isArray(value) && value.length === 0) &&
        !(name === "percentage" && value === 100),
    ),
  );
}

function Json({ title, hash, value }: { title: string; hash: string | null; value: unknown }): ReactNode {
  return (
    <details className="border-b px-3 py-1.5 last:border-b-0">
      <summary className="font-medium">{title}</summary>
      {hash && <CopyId id={hash} full />}
      <pre tabIndex={0} className="my-2 max-h-96 overflow-auto rounded-sm bg-sunken p-2 font-mono text-xs">
        {JSON.stringify(value, null, 2)}
      </pre>
    </details>
  );
}

function PolicyFacts({ policy }: { policy: Policy }): ReactNode {
  const t = useTranslations("policy");
  return (
    <Facts
      items={[
        { label: t("first.label"), value: policy.first },
        { label: t("growth.label"), value: `× ${policy.growth}` },
        { label: t("soakMs.short"), value: <Amount of={duration(policy.soakMs)} /> },
        { label: t("domain.label"), value: t(`domain.${policy.domain}`) },
        { label: t("maxErrors.label"), value: policy.maxErrors },
        { label: t("onFail.label"), value: t(`onFail.${policy.onFail}`) },
        { label: t("judgeKind.label"), value: t(`judgeKind.${policy.judge.kind}`) },
        { label: t("atTimeLimit.label"), value: t(`atTimeLimit.${policy.judge.atTimeLimit}`) },
      ]}
    />
  );
}

export function RolloutDetails({ rollout }: { rollout: RolloutDetail }): ReactNode {
  const t = useTranslations("rollout");
  const wizard = useTranslations("wizard");
  const locale = useLocale();
  return (
    <Section title={t("about")}>
      <Panel>
        <div className="flex flex-col gap-4 border-b p-4">
          <Facts
            items={[
              { label: t("askedBy"), value: rollout.requestedByName },
              { label: t("origin"), value: t(`origins.${rollout.origin}`) },
              { label: t("lane"), value: wizard(`lane_${rollout.lane}`) },
              { label: t("planned"), value: <RelativeTime at={rollout.createdAt} /> },
              { label: t("started"), value: rollout.startedAt && <RelativeTime at={rollout.startedAt} /> },
              { label: t("ended"), value: rollout.endedAt && <RelativeTime at={rollout.endedAt} /> },
              { label: t("targets"), value: count(rollout.targetCount, locale) },
              { label: t("targetHash"), value: <CopyId id={rollout.targetHash} /> },
              {
                label: t("parent"),
                value: rollout.parentId && (
                  <Link href={`/rollouts/${rollout.parentId}`} className="underline">
                    {t("seeParent")}
                  </Link>
                ),
              },
              { label: t("id"), value: <CopyId id={rollout.id} /> },
            ]}
          />
          {rollout.reason && <p className="max-w-[80ch] break-words">{rollout.reason}</p>}
          <PolicyFacts policy={rollout.policy} />
        </div>
        <Json title={t("change")} hash={rollout.changeHash} value={rollout.change} />
        <Json title={t("selection")} hash={null} value={whereOf(rollout.where)} />
        <Json title={t("wholePolicy")} hash={rollout.policyHash} value={rollout.policy} />
      </Panel>
    </Section>
  );
}

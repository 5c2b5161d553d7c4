// What we are doing about it, step by step until it is fixed; it changes by itself.
"use client";
import Link from "next/link";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { CaseProgress } from "../../../../../server/diagnosis/schema.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { Section } from "../../../../_ui/page-parts.tsx";
import { StateBadge, StateShape } from "../../../../_ui/state-badge.tsx";
import { RelativeTime } from "../../../../_ui/values.tsx";
import { stageLook } from "../../_components/side-look.ts";

export function Progress({ progress }: { progress: CaseProgress }): ReactNode {
  const t = useTranslations("diagnose");
  const text = useText();
  const mayRead = useCan("repairs:run");
  return (
    <Section title={t("doing")}>
      <div className="rounded-md border bg-surface px-4 py-3">
        <p role="status" className="font-medium">
          <StateBadge look={stageLook[progress.stage]} label={t(`stages.${progress.stage}`)} />
        </p>
        <p className="mt-1">{text(progress.text)}</p>
        <p className="text-muted text-xs">{text(progress.title)}</p>
        <ol className="mt-3 flex flex-col gap-1">
          {progress.steps.map(({ stage, at, isNow }) => (
            <li
              key={stage}
              aria-current={isNow ? "step" : undefined}
              className={`flex items-baseline gap-2 text-xs ${isNow ? "font-medium" : at ? "" : "text-muted"}`}
            >
              <StateShape
                look={isNow || at ? stageLook[stage] : { tone: "silent", shape: "dotted" }}
                className="translate-y-0.5"
              />
              {t(`stages.${stage}`)}
              {at && <RelativeTime at={at} className="text-muted" />}
            </li>
          ))}
        </ol>
        {progress.outcome && progress.stage !== "fixed" && <p className="mt-2 text-xs">{text(progress.outcome)}</p>}
        {mayRead && (
          <p className="mt-2 text-xs">
            <Link href={`/repairs/${progress.runId}`} className="text-accent hover:underline">
              {t("toRun")}
            </Link>
          </p>
        )}
      </div>
    </Section>
  );
}

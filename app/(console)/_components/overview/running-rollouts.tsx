// Rollouts that go on: what, which wave, how far, and why it stands where it stands.
"use client";
import Link from "next/link";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useText } from "../../../_lib/use-text.ts";
import { Panel, Section } from "../../../_ui/page-parts.tsx";
import { RolloutBadge, RolloutProgress } from "../../../_ui/rollout-badge.tsx";
import { useActiveRollouts } from "../rollout-bar.tsx";

const SHOWN = 6;

export function RunningRollouts(): ReactNode {
  const t = useTranslations("rollouts");
  const text = useText();
  const active = useActiveRollouts();
  if (active.length === 0) return null;
  return (
    <Section title={t("running")}>
      <Panel>
        <ul>
          {active.slice(0, SHOWN).map((rollout) => (
            <li
              key={rollout.id}
              data-row
              className="flex flex-col gap-1 border-b px-3 py-2 last:border-b-0 hover:bg-sunken/70"
            >
              <Link href={`/rollouts/${rollout.id}`} className="min-w-0 truncate font-medium hover:underline">
                {rollout.title || text(rollout.summary)}
              </Link>
              <span className="flex flex-wrap items-center gap-x-3">
                <RolloutBadge rollout={rollout} />
                <RolloutProgress rollout={rollout} />
              </span>
              {rollout.why && <span className="line-clamp-2 text-muted text-xs">{text(rollout.why)}</span>}
            </li>
          ))}
        </ul>
      </Panel>
    </Section>
  );
}

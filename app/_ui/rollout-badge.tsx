// A rollout's phase as people see it, with its wave while it goes on, and how far it is.
"use client";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { RolloutRow } from "../../server/rollouts/schema.ts";
import { cn } from "./cn.ts";
import { ProgressBar } from "./progress-bar.tsx";
import { isActive, phaseLook, progressOf, shownStage } from "./rollout-look.ts";
import { StateBadge } from "./state-badge.tsx";

type Shown = Pick<RolloutRow, "phase" | "stage" | "wave" | "waveCount" | "counts">;

/** Shape and word; "wave 2/5, soaking" while it runs. @param isShort on a phone there is room for the word alone */
export function RolloutBadge({ rollout, isShort }: { rollout: Shown; isShort?: boolean }): ReactNode {
  const t = useTranslations("rollouts");
  const { phase, wave, waveCount } = rollout;
  const stage = shownStage(phase, rollout.stage);
  return (
    <span className="inline-flex flex-wrap items-center gap-x-2">
      <StateBadge look={phaseLook[phase]} label={t(`phase.${phase}`)} />
      {isActive(phase) && waveCount > 1 && (
        <span className={cn("tabular whitespace-nowrap text-muted text-xs", isShort && "max-sm:hidden")}>
          {t("waveOf", { wave: Math.min(wave + 1, waveCount), count: waveCount })}
        </span>
      )}
      {stage && (
        <span className={cn("whitespace-nowrap text-muted text-xs", isShort && "max-sm:hidden")}>
          {t(`stage.${stage}`)}
        </span>
      )}
    </span>
  );
}

/** Nodes done of all; nothing before there is anything to do. */
export function RolloutProgress({ rollout, className }: { rollout: Shown; className?: string }): ReactNode {
  const t = useTranslations("rollouts");
  const { done, total, isBack } = progressOf(rollout.phase, rollout.counts);
  if (total === 0) return null;
  return (
    <ProgressBar label={isBack ? t("progressBack") : t("progress")} done={done} total={total} className={className} />
  );
}

// The waves side by side: where each goes, how many nodes stand where, how long it still soaks, what the judge said.
"use client";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { Counts, WaveState } from "../../../../../rollout/types.ts";
import type { RolloutDetail } from "../../../../../server/rollouts/schema.ts";
import { count, duration } from "../../../../_lib/format.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { cn } from "../../../../_ui/cn.ts";
import { targetLook, targetStates, verdictLook } from "../../../../_ui/rollout-look.ts";
import { ScrollArea } from "../../../../_ui/scroll-area.tsx";
import { toneColor } from "../../../../_ui/state.ts";
import { StateBadge, StateShape } from "../../../../_ui/state-badge.tsx";

/** Most waves drawn one by one: the first, and those around the present one. */
const SHOWN_MAX = 16;

function CountBar({ counts }: { counts: Counts }): ReactNode {
  const total = Math.max(1, ...[targetStates.reduce((sum, state) => sum + counts[state], 0)]);
  return (
    <span aria-hidden className="flex h-1.5 w-full gap-px overflow-hidden rounded-full bg-sunken">
      {targetStates.map((state) =>
        counts[state] > 0 && state !== "pending" ? (
          <span
            key={state}
            style={{ width: `${(counts[state] / total) * 100}%`, background: toneColor(targetLook[state].tone) }}
          />
        ) : null,
      )}
    </span>
  );
}

/** What is left of the soak, or that it waits for something else. */
function Soak({ wave, soakMs, isPresent }: { wave: WaveState; soakMs: number; isPresent: boolean }): ReactNode {
  const t = useTranslations("rollout");
  if (!isPresent || wave.settledAt === null || wave.passedAt !== null) return null;
  const left = soakMs - wave.soakedMs;
  if (left <= 0) return <span className="text-muted text-xs">{t("soaked")}</span>;
  const rest = duration(left);
  return (
    <span className="flex items-center gap-2">
      <progress
        aria-label={t("soaking")}
        value={soakMs - left}
        max={soakMs}
        className="h-1 min-w-0 flex-1 overflow-hidden rounded-full [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-accent"
      />
      <span className="tabular whitespace-nowrap text-muted text-xs">
        {t("soakLeft", { time: `${rest.value} ${rest.unit}` })}
      </span>
    </span>
  );
}

function Wave(props: {
  wave: WaveState;
  index: number;
  rollout: RolloutDetail;
  isChosen: boolean;
  onChoose: () => void;
}): ReactNode {
  const { wave, index, rollout } = props;
  const t = useTranslations();
  const text = useText();
  const locale = useLocale();
  const isPresent = rollout.wave === index && rollout.phase === "running";
  return (
    <li className="min-w-44 flex-1 basis-44">
      <button
        type="button"
        aria-pressed={props.isChosen}
        onClick={props.onChoose}
        className={cn(
          "flex h-full w-full flex-col gap-1.5 rounded-md border bg-surface p-3 text-left hover:border-line-strong",
          rollout.wave === index && "border-line-strong",
          props.isChosen && "border-accent bg-accent-soft hover:border-accent",
        )}
      >
        <span className="flex items-baseline gap-2">
          <span className="font-medium">{t("rollouts.waveNumber", { wave: index + 1 })}</span>
          <span className="min-w-0 flex-1 truncate text-muted text-xs" title={wave.domain}>
            {wave.domain}
          </span>
          <span className="tabular">{count(wave.size, locale)}</span>
        </span>
        <CountBar counts={wave.counts} />
        <span className="flex flex-wrap gap-x-3 text-xs">
          {targetStates
            .filter((state) => wave.counts[state] > 0)
            .map((state) => (
              <span key={state} className="inline-flex items-center gap-1 whitespace-nowrap text-muted">
                <StateShape look={targetLook[state]} className="size-2.5" />
                {t(`rollouts.target.${state}`)} <span className="tabular">{count(wave.counts[state], locale)}</span>
              </span>
            ))}
        </span>
        <Soak wave={wave} soakMs={rollout.policy.soakMs} isPresent={isPresent} />
        {wave.verdict && (
          <span className="text-xs" title={text(wave.verdict.why)}>
            <StateBadge look={verdictLook[wave.verdict.kind]} label={t(`rollouts.verdict.${wave.verdict.kind}`)} />
            <span className="mt-0.5 line-clamp-2 text-muted">{text(wave.verdict.why)}</span>
          </span>
        )}
      </button>
    </li>
  );
}

/** @param chosen wave whose nodes and numbers are shown below; null: the present one, all nodes */
export function WaveStrip(props: {
  rollout: RolloutDetail;
  chosen: number | null;
  onChoose: (wave: number | null) => void;
}): ReactNode {
  const { rollout, chosen } = props;
  const t = useTranslations("rollout");
  const { waves } = rollout.state;
  const from = Math.max(0, Math.min(rollout.wave - SHOWN_MAX / 2, waves.length - SHOWN_MAX));
  const shown = waves.map((wave, index) => ({ wave, index })).slice(from, from + SHOWN_MAX);
  return (
    <>
      <ScrollArea label={t("waves")}>
        <ol className="flex gap-2 pb-1">
          {shown.map(({ wave, index }) => (
            <Wave
              key={index}
              wave={wave}
              index={index}
              rollout={rollout}
              isChosen={chosen === index}
              onChoose={() => props.onChoose(chosen === index ? null : index)}
            />
          ))}
        </ol>
      </ScrollArea>
      {shown.length < waves.length && (
        <p className="mt-1 text-muted text-xs">
          {t("wavesShown", { from: from + 1, to: from + shown.length, count: waves.length })}
        </p>
      )}
    </>
  );
}

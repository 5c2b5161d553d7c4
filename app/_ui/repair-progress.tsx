// How far a repair is: its state, and bars for its stages (evidence, each step, verification).
"use client";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { isOver, type RepairRow } from "../../server/repairs/schema.ts";
import { cn } from "./cn.ts";
import { repairLook } from "./state.ts";
import { StateBadge } from "./state-badge.tsx";

type Progress = Pick<RepairRow, "state" | "step" | "stepCount">;

/** Stages that are done and how many there are: evidence, every step, verification. Pure. */
export function stagesOf({ state, step, stepCount }: Progress): { done: number; total: number } {
  const total = stepCount + 2;
  if (state === "succeeded") return { done: total, total };
  if (state === "verifying") return { done: stepCount + 1, total };
  if (state === "running") return { done: 1 + Math.min(step, stepCount), total };
  return { done: 0, total };
}

export function RepairProgress({ repair }: { repair: Progress }): ReactNode {
  const t = useTranslations("repairState");
  const { done, total } = stagesOf(repair);
  return (
    <span className="inline-flex items-center gap-2">
      <StateBadge look={repairLook[repair.state]} label={t(repair.state)} />
      {!isOver(repair.state) && (
        <span aria-hidden className="inline-flex gap-0.5">
          {Array.from({ length: total }, (_, i) => i).map((i) => (
            <span
              key={i}
              className={cn(
                "h-1 w-4 rounded-full",
                i < done ? "bg-accent" : i === done ? "animate-pulse bg-accent/60" : "bg-line",
              )}
            />
          ))}
        </span>
      )}
    </span>
  );
}

// How a look at the fleet stands: progress while it runs, then state or verdict.
"use client";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { RunRow, RunState, Verdict } from "../../../../server/patrols/schema.ts";
import { ProgressBar } from "../../../_ui/progress-bar.tsx";
import type { Look } from "../../../_ui/state.ts";
import { StateBadge } from "../../../_ui/state-badge.tsx";

const stateLook: Record<RunState, Look> = {
  running: { tone: "accent", shape: "progress" },
  done: { tone: "healthy", shape: "circle" },
  cancelled: { tone: "silent", shape: "pause" },
  failed: { tone: "unhealthy", shape: "square" },
  skipped: { tone: "unknown", shape: "dotted" },
};
const verdictLook: Record<Verdict, Look> = {
  pass: { tone: "healthy", shape: "circle" },
  fail: { tone: "unhealthy", shape: "square" },
  inconclusive: { tone: "unknown", shape: "diamond" },
};

export function RunStateBadge({ run }: { run: Pick<RunRow, "state" | "verdict" | "asked" | "done"> }): ReactNode {
  const t = useTranslations("patrols");
  if (run.verdict) return <StateBadge look={verdictLook[run.verdict]} label={t(`verdict.${run.verdict}`)} />;
  return (
    <span className="inline-flex flex-wrap items-center gap-x-3">
      <StateBadge look={stateLook[run.state]} label={t(`runState.${run.state}`)} />
      {run.state === "running" && <ProgressBar label={t("progress")} done={run.done} total={run.asked} />}
    </span>
  );
}

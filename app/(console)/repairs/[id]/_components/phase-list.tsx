// The phases of a repair from top to bottom, each with its commands, their results and what was captured.
"use client";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { RepairCommandRow, RepairDetail } from "../../../../../server/repairs/schema.ts";
import { duration } from "../../../../_lib/format.ts";
import { useNow } from "../../../../_lib/use-now.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { cn } from "../../../../_ui/cn.ts";
import { Panel } from "../../../../_ui/page-parts.tsx";
import { CommandCode, EvidencePlanLine } from "../../../../_ui/plan-view.tsx";
import type { Look } from "../../../../_ui/state.ts";
import { StateShape } from "../../../../_ui/state-badge.tsx";
import { Amount } from "../../../../_ui/values.tsx";
import { capturedSections, type Phase, type PhaseStatus, phasesOf } from "./phases.ts";

const looks: Record<PhaseStatus, Look> = {
  done: { tone: "healthy", shape: "circle" },
  active: { tone: "accent", shape: "progress" },
  waiting: { tone: "unknown", shape: "dotted" },
  failed: { tone: "unhealthy", shape: "square" },
  noted: { tone: "degraded", shape: "triangle" },
  skipped: { tone: "silent", shape: "dotted" },
};

function Captured({ command }: { command: RepairCommandRow }): ReactNode {
  const t = useTranslations("repair");
  const sections = capturedSections(command.result?.output);
  if (sections.length === 0) return null;
  return (
    <ul className="mt-2 flex flex-col gap-1">
      {sections.map((section) => (
        <li key={section.section}>
          <details className="rounded-sm border">
            <summary className="px-2 py-1">
              <span className="font-medium">{section.title}</span>{" "}
              {section.error ? (
                <span className="text-degraded">{section.error}</span>
              ) : (
                <span className="text-muted text-xs">
                  {t("lines", { count: section.text.split("\n").length })}
                  {section.truncated && ` · ${t("truncated")}`}
                </span>
              )}
            </summary>
            {section.text && (
              <pre tabIndex={0} className="max-h-96 overflow-auto border-t bg-sunken p-2 font-mono text-xs">
                {section.text}
              </pre>
            )}
          </details>
        </li>
      ))}
    </ul>
  );
}

function Output({ output }: { output: Record<string, unknown> }): ReactNode {
  const t = useTranslations("repair");
  if (Object.keys(output).length === 0) return null;
  return (
    <details>
      <summary className="text-muted text-xs hover:text-text">{t("output")}</summary>
      <pre tabIndex={0} className="mt-1 max-h-80 overflow-auto rounded-sm bg-sunken p-2 font-mono text-xs">
        {JSON.stringify(output, null, 2)}
      </pre>
    </details>
  );
}

function Command({ command }: { command: RepairCommandRow }): ReactNode {
  const t = useTranslations();
  const { result } = command;
  return (
    <div className="mt-1">
      <p className="flex flex-wrap items-baseline gap-x-2 text-muted">
        <span>{t(`commandState.${command.state}`)}</span>
        {result && <Amount of={duration(result.endedAt - result.startedAt)} />}
        {result?.code && <code className="font-mono text-xs">{result.code}</code>}
        {result?.message && <span className="break-words text-text">{result.message}</span>}
        {result && command.role === "step" && (
          <span className="text-xs">{result.changed ? t("repair.changed") : t("repair.unchanged")}</span>
        )}
      </p>
      {command.role === "evidence" ? <Captured command={command} /> : result && <Output output={result.output} />}
      <CommandCode type={command.type} params={command.params} />
    </div>
  );
}

function PhaseItem({ phase, repair, isLast }: { phase: Phase; repair: RepairDetail; isLast: boolean }): ReactNode {
  const t = useTranslations("repair");
  const text = useText();
  const isQuiet = phase.status === "waiting" || phase.status === "skipped";
  const took = phase.startedAt && phase.endedAt ? phase.endedAt.getTime() - phase.startedAt.getTime() : null;
  return (
    <li
      data-phase={phase.id}
      data-status={phase.status}
      aria-current={phase.status === "active" ? "step" : undefined}
      className="relative flex gap-3 px-4 py-2.5"
    >
      {!isLast && <span aria-hidden className="absolute top-7 bottom-[-0.6rem] left-[1.34rem] w-px bg-line-strong" />}
      <StateShape look={looks[phase.status]} className={cn("mt-1", phase.status === "active" && "animate-pulse")} />
      <div className="min-w-0 flex-1">
        <p className={cn("flex flex-wrap items-baseline gap-x-2", isQuiet && "text-muted")}>
          <span className={isQuiet ? undefined : "font-medium"}>
            {phase.title ? text(phase.title) : t(`phase.${phase.kind}`)}
          </span>
          <span className="text-muted text-xs">{t(`phaseStatus.${phase.status}`)}</span>
          {took !== null && took >= 0 && (
            <span className="ml-auto text-muted text-xs">
              <Amount of={duration(took)} />
            </span>
          )}
        </p>
        {phase.kind === "evidence" && phase.commands.length === 0 && (
          <div className="text-muted text-xs">
            <EvidencePlanLine evidence={repair.plan.evidence} />
          </div>
        )}
        {phase.commands.map((command) => (
          <Command key={command.id} command={command} />
        ))}
      </div>
    </li>
  );
}

export function PhaseList({ repair }: { repair: RepairDetail }): ReactNode {
  const now = useNow();
  const phases = phasesOf(repair, now);
  return (
    <Panel className="py-1.5">
      <ol>
        {phases.map((phase, i) => (
          <PhaseItem key={phase.id} phase={phase} repair={repair} isLast={i === phases.length - 1} />
        ))}
      </ol>
    </Panel>
  );
}

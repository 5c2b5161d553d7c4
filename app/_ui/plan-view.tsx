// A plan as it will run: guards with their proof, what is captured, each step with its command. Used by preview, undo and repair page.
"use client";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { Guard, Plan, Step } from "../../repairs/define.ts";
import { useText } from "../_lib/use-text.ts";
import { StateShape } from "./state-badge.tsx";

/** Conditions, each with the proof or with what speaks against it. */
export function GuardList({ guards }: { guards: Guard[] }): ReactNode {
  const t = useTranslations("plan");
  const text = useText();
  return (
    <ul className="flex flex-col gap-1.5">
      {guards.map((guard) => (
        <li key={guard.id} className="flex items-baseline gap-2">
          <StateShape
            look={guard.ok ? { tone: "healthy", shape: "circle" } : { tone: "unhealthy", shape: "square" }}
            className="translate-y-0.5"
          />
          <span className="min-w-0">
            <span className="sr-only">{guard.ok ? t("holds") : t("fails")} </span>
            <span className={guard.ok ? undefined : "font-medium text-unhealthy"}>{text(guard.title)}</span>{" "}
            <span className="break-words text-muted">{guard.detail}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}

/** The command of a step, exactly as it is signed. */
export function CommandCode({ type, params }: { type: string; params: unknown }): ReactNode {
  const t = useTranslations("plan");
  return (
    <details className="mt-0.5">
      <summary className="text-muted text-xs hover:text-text">
        {t("command")} <code className="font-mono">{type}</code>
      </summary>
      <pre tabIndex={0} className="mt-1 overflow-x-auto rounded-sm bg-sunken p-2 font-mono text-xs">
        {JSON.stringify(params, null, 2)}
      </pre>
    </details>
  );
}

/** Numbered steps. */
export function StepList({ steps }: { steps: Step[] }): ReactNode {
  const text = useText();
  return (
    <ol className="flex flex-col gap-2">
      {steps.map((step, i) => (
        <li key={`${step.action.type}${step.title.en}`} className="flex gap-2.5">
          <span
            aria-hidden
            className="mt-px flex size-5 shrink-0 items-center justify-center rounded-full bg-sunken text-xs"
          >
            {i + 1}
          </span>
          <div className="min-w-0 flex-1">
            <p>{text(step.title)}</p>
            <CommandCode type={step.action.type} params={step.action.params} />
          </div>
        </li>
      ))}
    </ol>
  );
}

/** What is kept before anything is touched. */
export function EvidencePlanLine({ evidence }: { evidence: Plan["evidence"] }): ReactNode {
  const t = useTranslations("plan");
  const tSection = useTranslations("evidenceSection");
  if (evidence.sections.length === 0) return <p className="text-muted">{t("noEvidence")}</p>;
  return <p>{t("captures", { sections: evidence.sections.map((section) => tSection(section)).join(", ") })}</p>;
}

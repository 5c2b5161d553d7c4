// The wizard: five steps on one page, a list of them beside it, the draft kept in this browser. Every step can be looked at in any order.
"use client";
import { useTranslations } from "next-intl";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { type ReactNode, useState } from "react";
import { useErrorText } from "../../../../_lib/use-error-text.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { Button } from "../../../../_ui/button.tsx";
import { cn } from "../../../../_ui/cn.ts";
import { Skeleton } from "../../../../_ui/feedback.tsx";
import { PageHeader } from "../../../../_ui/page-parts.tsx";
import { type Draft, type Faults, planOf } from "./draft.ts";
import { GatesStep } from "./gates-step.tsx";
import { fieldsOfKind, type KindForm, KindsContext, useKinds } from "./kinds.ts";
import { faultsOf, readParams } from "./param-fields.ts";
import { ReviewStep } from "./review-step.tsx";
import { faultySteps, ownerOf, type Step, type StepProps, steps } from "./steps.ts";
import { useDraft } from "./use-draft.ts";
import { usePreview } from "./use-preview.ts";
import { WavesStep } from "./waves-step.tsx";
import { WhatStep } from "./what-step.tsx";
import { WhereStep } from "./where-step.tsx";

function StepList(props: {
  at: Step;
  faulty: ReadonlySet<Step>;
  seen: ReadonlySet<Step>;
  onStep: (step: Step) => void;
}): ReactNode {
  const t = useTranslations("wizard");
  return (
    <nav aria-label={t("steps")} className="lg:sticky lg:top-16">
      <ol className="flex gap-1 overflow-x-auto lg:flex-col">
        {steps.map((step, i) => {
          const isBad = props.seen.has(step) && props.faulty.has(step);
          return (
            <li key={step}>
              <button
                type="button"
                aria-current={props.at === step ? "step" : undefined}
                onClick={() => props.onStep(step)}
                className={cn(
                  "flex h-9 w-full items-center gap-2 whitespace-nowrap rounded-md px-2.5 text-left text-muted hover:bg-sunken hover:text-text",
                  props.at === step && "bg-accent-soft font-medium text-accent hover:bg-accent-soft hover:text-accent",
                )}
              >
                <span
                  aria-hidden
                  className={cn(
                    "flex size-5 shrink-0 items-center justify-center rounded-full bg-sunken text-xs",
                    isBad && "bg-unhealthy text-surface",
                  )}
                >
                  {isBad ? "!" : i + 1}
                </span>
                {t(`step.${step}`)}
                {isBad && <span className="sr-only">{t("hasFault")}</span>}
              </button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

/** Faults of the whole draft, in words. */
function useFaults(draft: Draft): { faults: Faults; params: Record<string, unknown> } {
  const t = useTranslations("wizard.fault");
  const fields = fieldsOfKind(useKinds(), draft.kind);
  const typed = draft.params[draft.kind] ?? {};
  const params = readParams(fields, typed);
  const faults: Faults = {};
  if (draft.kind === "") faults.kind = t("kind");
  for (const [name, fault] of Object.entries(faultsOf(fields, typed))) faults[`params.${name}`] = t(fault);
  if (draft.lane === "fast" && draft.reason.trim() === "") faults.reason = t("reason");
  for (const path of Object.keys(planOf(draft, params).faults))
    faults[path] = t(path.endsWith(".url") ? "url" : "value");
  return { faults, params };
}

/** Whoever came from a list sees that what was chosen there came along. */
function ForNodes({ where }: { where: Draft["where"] }): ReactNode {
  const t = useTranslations("wizard");
  const named = (where.nodes ?? "").split(/[\s,]+/).filter(Boolean);
  const selector = where.selector?.trim() ?? "";
  if (named.length === 0 && selector === "") return null;
  return (
    <p className="mb-4 text-muted">
      {t("goesTo")} {selector !== "" && <code className="break-all font-mono text-text text-xs">{selector}</code>}
      {selector !== "" && named.length > 0 && " + "}
      {named.length > 0 && (
        <span className="text-text" title={named.slice(0, 50).join(", ")}>
          {named.length <= 3 ? named.join(", ") : t("goesToNamed", { count: named.length })}
        </span>
      )}
    </p>
  );
}

function Body({ draft, set }: { draft: Draft; set: (change: Partial<Draft>) => void }): ReactNode {
  const t = useTranslations("wizard");
  const errorText = useErrorText();
  const text = useText();
  const [at, setAt] = useQueryState("step", parseAsStringLiteral(steps).withDefault("what"));
  const [seen, setSeen] = useState<ReadonlySet<Step>>(new Set());
  const { faults, params } = useFaults(draft);
  const paths = Object.keys(faults);
  const { plan } = planOf(draft, params);
  const isWhatSound = !paths.some((path) => path === "kind" || path.startsWith("params"));
  const query = usePreview(isWhatSound ? plan : null);
  const go = (step: Step): void => {
    setSeen((before) => new Set([...before, at]));
    void setAt(step);
    window.scrollTo({ top: 0 });
  };
  const faulty = faultySteps([...paths, ...(query.data?.problems.map(({ path }) => path) ?? [])]);
  const props: StepProps = {
    draft,
    set,
    faults,
    isTouched: seen.has(at),
    preview: isWhatSound ? query.data : undefined,
    isAsking: query.isAsking,
    refusal: query.error && isWhatSound ? errorText(query.error) : null,
  };
  // What the server says about this step; the review says it all together.
  const said = at === "review" ? [] : (props.preview?.problems.filter(({ path }) => ownerOf(path) === at) ?? []);
  const i = steps.indexOf(at);
  const next = steps[i + 1];
  const before = steps[i - 1];
  return (
    <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-[10rem_minmax(0,1fr)]">
      <StepList at={at} faulty={faulty} seen={seen} onStep={go} />
      <div className="min-w-0">
        <h2 className="mb-3 font-semibold text-lg">{t(`head.${at}`)}</h2>
        {said.length > 0 && (
          <ul className="mb-4 flex flex-col gap-1 rounded-md border border-degraded/60 px-4 py-3 text-degraded">
            {said.map((problem) => (
              <li key={problem.text.en}>{text(problem.text)}</li>
            ))}
          </ul>
        )}
        {at === "what" && <ForNodes where={draft.where} />}
        {at === "what" && <WhatStep {...props} />}
        {at === "where" && <WhereStep {...props} />}
        {at === "waves" && <WavesStep {...props} />}
        {at === "gates" && <GatesStep {...props} />}
        {at === "review" && <ReviewStep {...props} plan={plan} />}
        <div className="mt-8 flex gap-2 border-t pt-4">
          {before && <Button onClick={() => go(before)}>{t("before")}</Button>}
          {next && (
            <Button look="primary" onClick={() => go(next)}>
              {t("next", { step: t(`step.${next}`) })}
            </Button>
          )}
        </div>
      </div>
    </div>
  );
}

function Loaded(): ReactNode {
  const t = useTranslations("wizard");
  const rollouts = useTranslations("nav");
  const errorText = useErrorText();
  const { draft, set, discard, error } = useDraft();
  return (
    <>
      <PageHeader
        up={{ href: "/rollouts", label: rollouts("rollouts") }}
        title={t("heading")}
        lead={t("lead")}
        actions={draft && draft.kind !== "" && <Button onClick={discard}>{t("discard")}</Button>}
      />
      {error !== null && (
        <p role="alert" className="mb-4 text-unhealthy">
          {errorText(error)}
        </p>
      )}
      {draft ? <Body draft={draft} set={set} /> : <Skeleton className="h-80" />}
    </>
  );
}

export function Wizard({ kinds }: { kinds: readonly KindForm[] }): ReactNode {
  return (
    <KindsContext value={kinds}>
      <Loaded />
    </KindsContext>
  );
}

// Step 5: everything once more, in a sentence and in numbers, and what happens if it goes wrong. The plan is made here, and only its start sends anything.
"use client";
import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { toast } from "sonner";
import type { PlanRolloutInput, RolloutDetail, RolloutPreview } from "../../../../../server/rollouts/schema.ts";
import { count, duration } from "../../../../_lib/format.ts";
import { useErrorText } from "../../../../_lib/use-error-text.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC, useTRPCClient } from "../../../../_trpc/client.ts";
import { ApprovalNeedText } from "../../../../_ui/approval.tsx";
import { BudgetSums } from "../../../../_ui/budget-sum.tsx";
import { Button, ButtonLink } from "../../../../_ui/button.tsx";
import { Modal } from "../../../../_ui/drawer.tsx";
import { Skeleton } from "../../../../_ui/feedback.tsx";
import { Field } from "../../../../_ui/field.tsx";
import { Facts, Panel, Section } from "../../../../_ui/page-parts.tsx";
import { CommandCode } from "../../../../_ui/plan-view.tsx";
import { RiskBadge } from "../../../../_ui/risk-badge.tsx";
import { RolloutApproval } from "../../../../_ui/rollout-approval.tsx";
import { CopyId } from "../../../../_ui/values.tsx";
import type { StepProps } from "./steps.ts";
import { Skipped } from "./where-step.tsx";

/** Steps have no identity but their place. */
const atPlace = (i: number): string => `place ${i}`;

/** What one node will see, forth and back. */
function Example({ preview }: { preview: RolloutPreview }): ReactNode {
  const t = useTranslations("wizard");
  const text = useText();
  const { example } = preview;
  if (!example) return null;
  const list = (title: string, steps: NonNullable<typeof example>["steps"]): ReactNode => (
    <div className="min-w-0">
      <p className="mb-1 text-muted text-xs">{title}</p>
      {steps.length === 0 && <p className="text-muted">–</p>}
      <ol className="flex list-decimal flex-col gap-1 pl-5">
        {steps.map((step, i) => (
          <li key={atPlace(i)}>
            {text(step.title)}
            <CommandCode type={step.type} params={step.params} />
          </li>
        ))}
      </ol>
    </div>
  );
  return (
    <Section title={t("example", { node: example.node.name })}>
      <Panel className="grid grid-cols-1 gap-4 p-4 md:grid-cols-2">
        {list(t("forth"), example.steps)}
        {list(t("back"), example.back)}
      </Panel>
    </Section>
  );
}

/** What would happen if the first wave were bad, from the policy. */
function IfBad({ preview }: { preview: RolloutPreview }): ReactNode {
  const t = useTranslations("wizard");
  const locale = useLocale();
  const { policy, isReversible, waves, count: all } = preview;
  const [first] = waves;
  if (!first) return null;
  const every = duration(policy.judgeEveryMs);
  const willRollBack = isReversible && policy.onFail === "roll-back";
  return (
    <ul className="flex list-disc flex-col gap-1 pl-5">
      <li>
        {t("ifBadSeen", {
          size: first.size,
          every: `${every.value} ${every.unit}`,
          errors: policy.maxErrors,
        })}
      </li>
      <li>{t("ifBadStop", { rest: count(all - first.size, locale) })}</li>
      <li>{willRollBack ? t("ifBadBack") : isReversible ? t("ifBadHalt") : t("ifBadNoWay")}</li>
      {isReversible && policy.rehearse && waves.length > 1 && <li>{t("ifBadRehearse")}</li>}
    </ul>
  );
}

/** What was planned: shown with its hashes; from here it starts, or waits for whoever has to sign. */
function Planned(props: { rollout: RolloutDetail; needsTyping: boolean }): ReactNode {
  const { rollout } = props;
  const t = useTranslations("wizard");
  const locale = useLocale();
  const text = useText();
  const trpc = useTRPC();
  const router = useRouter();
  const errorText = useErrorText();
  const [typed, setTyped] = useState("");
  const start = useMutation(
    trpc.rollouts.start.mutationOptions({ onSuccess: () => router.push(`/rollouts/${rollout.id}`) }),
  );
  const waits = rollout.phase === "planned" && rollout.approval !== null;
  const isTyped = !props.needsTyping || typed.trim() === String(rollout.targetCount);
  return (
    <div className="flex flex-col gap-4">
      <p className="font-medium">{text(rollout.summary)}</p>
      <Facts
        className="grid-cols-2"
        items={[
          { label: t("targetHash"), value: <CopyId id={rollout.targetHash} /> },
          { label: t("changeHash"), value: <CopyId id={rollout.changeHash} /> },
          { label: t("policyHash"), value: <CopyId id={rollout.policyHash} /> },
          { label: t("targets"), value: count(rollout.targetCount, locale) },
        ]}
      />
      {waits ? (
        <RolloutApproval rollout={rollout} />
      ) : (
        props.needsTyping && (
          <Field
            label={t("typeCount", { count: rollout.targetCount })}
            inputMode="numeric"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoComplete="off"
            autoFocus
          />
        )
      )}
      {start.error && (
        <p role="alert" className="text-unhealthy">
          {errorText(start.error)}
        </p>
      )}
      <div className="flex flex-wrap justify-end gap-2">
        <ButtonLink href={`/rollouts/${rollout.id}`}>{t("openPlanned")}</ButtonLink>
        {!waits && (
          <Button
            look="primary"
            disabled={!isTyped || !rollout.actions.start.can || start.isPending}
            title={text(rollout.actions.start.why) || undefined}
            onClick={() => start.mutate({ id: rollout.id, targetHash: rollout.targetHash })}
          >
            {t("start", { count: rollout.targetCount })}
          </Button>
        )}
      </div>
      {!waits && rollout.actions.start.why && <p className="text-muted">{text(rollout.actions.start.why)}</p>}
    </div>
  );
}

function SaveTemplate({ plan, onClose }: { plan: PlanRolloutInput; onClose: () => void }): ReactNode {
  const t = useTranslations("wizard");
  const trpc = useTRPC();
  const errorText = useErrorText();
  const save = useMutation(
    trpc.rollouts.saveTemplate.mutationOptions({
      onSuccess: () => {
        toast(t("templateSaved"));
        onClose();
      },
    }),
  );
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ name: String(new FormData(event.currentTarget).get("name")), definition: plan });
      }}
    >
      <Field label={t("templateName")} name="name" required maxLength={100} autoFocus defaultValue={plan.title} />
      {save.error && (
        <p role="alert" className="text-unhealthy">
          {errorText(save.error)}
        </p>
      )}
      <Button type="submit" look="primary" disabled={save.isPending}>
        {t("saveTemplate")}
      </Button>
    </form>
  );
}

function Summary({ preview }: { preview: RolloutPreview }): ReactNode {
  const t = useTranslations("wizard");
  const text = useText();
  return (
    <Panel className="flex flex-col gap-3 p-4">
      <p className="break-words font-medium text-base">{text(preview.summary)}</p>
      <p className="flex flex-wrap gap-x-4 gap-y-1">
        <RiskBadge risk={preview.risk} />
        <span>{preview.isReversible ? t("reversible") : t("irreversible")}</span>
        <span>
          <ApprovalNeedText approval={preview.approval} />
        </span>
      </p>
      {preview.hints.length > 0 && (
        <ul className="flex list-disc flex-col gap-1 pl-5 text-muted">
          {preview.hints.map((hint) => (
            <li key={hint.en}>{text(hint)}</li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

export function ReviewStep(props: StepProps & { plan: PlanRolloutInput | null }): ReactNode {
  const { preview, plan, refusal, isAsking, faults } = props;
  const t = useTranslations("wizard");
  const text = useText();
  const client = useTRPCClient();
  const errorText = useErrorText();
  const mayRun = useCan("rollouts:run");
  const [isSaving, setSaving] = useState(false);
  const [planned, setPlanned] = useState<RolloutDetail | null>(null);
  const make = useMutation({
    mutationFn: async (input: PlanRolloutInput) => {
      const { id } = await client.rollouts.plan.mutate(input);
      return client.rollouts.get.query({ id });
    },
    onSuccess: setPlanned,
  });
  if (refusal) return <p className="text-unhealthy">{refusal}</p>;
  if (!preview) return isAsking ? <Skeleton className="h-64" /> : <p className="text-muted">{t("noneYet")}</p>;
  const isSound = plan !== null && preview.problems.length === 0 && Object.keys(faults).length === 0;
  const domains = new Set(preview.waves.map(({ domain }) => domain)).size;
  return (
    <div className="flex flex-col gap-6">
      <Summary preview={preview} />
      {preview.problems.length > 0 && (
        <div role="alert" className="rounded-md border border-degraded/60 px-4 py-3 text-degraded">
          <ul className="flex flex-col gap-1">
            {preview.problems.map((problem) => (
              <li key={`${problem.path} ${problem.text.en}`}>{text(problem.text)}</li>
            ))}
          </ul>
        </div>
      )}
      <div className="grid grid-cols-1 gap-6 lg:grid-cols-2">
        <Section title={t("ifBad")}>
          <IfBad preview={preview} />
        </Section>
        <Section title={t("budgetNow")}>
          <BudgetSums budgets={preview.budget} />
        </Section>
      </div>
      {Object.keys(preview.skipped).length > 0 && (
        <Section title={t("leftOut")}>
          <Skipped preview={preview} />
        </Section>
      )}
      <Example preview={preview} />
      {make.error && (
        <p role="alert" className="text-unhealthy">
          {errorText(make.error)}
        </p>
      )}
      <div className="flex flex-wrap items-center gap-2">
        {mayRun ? (
          <Button look="primary" disabled={!isSound || make.isPending} onClick={() => plan && make.mutate(plan)}>
            {make.isPending ? t("planning") : t("plan")}
          </Button>
        ) : (
          <p className="text-muted">{t("mayNot")}</p>
        )}
        {mayRun && plan && <Button onClick={() => setSaving(true)}>{t("asTemplate")}</Button>}
        <span className="text-muted">{t("planHint")}</span>
      </div>
      <Modal title={t("asTemplate")} open={isSaving} onClose={() => setSaving(false)}>
        {plan && <SaveTemplate plan={plan} onClose={() => setSaving(false)} />}
      </Modal>
      <Modal title={t("plannedTitle")} open={planned !== null} onClose={() => setPlanned(null)}>
        {planned && <Planned rollout={planned} needsTyping={domains > 1} />}
      </Modal>
    </div>
  );
}

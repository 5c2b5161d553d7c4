// Step 3: the waves as they would come, and the policy that makes them; each field says what it does and what it is when left empty.
"use client";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { Policy } from "../../../../../rollout/types.ts";
import type { RolloutPreview } from "../../../../../server/rollouts/schema.ts";
import { count, duration } from "../../../../_lib/format.ts";
import { Skeleton } from "../../../../_ui/feedback.tsx";
import { Field, SelectField } from "../../../../_ui/field.tsx";
import { Panel, Section } from "../../../../_ui/page-parts.tsx";
import { type Column, DataTable } from "../../../../_ui/table.tsx";
import { Amount } from "../../../../_ui/values.tsx";
import { WaveBars } from "../../../../_ui/wave-bars.tsx";
import type { StepProps } from "./steps.ts";

type Wave = RolloutPreview["waves"][number];

/** Most waves listed; the last one always is. */
const LISTED_MAX = 12;

function useColumns(soakMs: number): Column<Wave>[] {
  const t = useTranslations("rollouts");
  const locale = useLocale();
  return [
    { id: "wave", header: t("wave"), cell: (wave) => <span className="font-medium">{wave.wave + 1}</span> },
    { id: "domain", header: t("domain"), cell: (wave) => wave.domain || "–" },
    { id: "size", header: t("nodes"), align: "right", cell: (wave) => count(wave.size, locale) },
    { id: "soak", header: t("soak"), align: "right", from: "sm", cell: () => <Amount of={duration(soakMs)} /> },
    {
      id: "starts",
      header: t("startsAfter"),
      align: "right",
      cell: (wave) => (wave.startsAtMs === 0 ? t("axisStart") : <Amount of={duration(wave.startsAtMs)} />),
    },
    {
      id: "sample",
      header: t("firstNodes"),
      from: "md",
      className: "max-w-72 truncate text-muted",
      cell: (wave) => wave.sample.map(({ name }) => name).join(", ") + (wave.size > wave.sample.length ? " …" : ""),
    },
  ];
}

export function WavePlan({ preview }: { preview: RolloutPreview }): ReactNode {
  const t = useTranslations("wizard");
  const columns = useColumns(preview.policy.soakMs);
  const { waves } = preview;
  const last = waves.at(-1);
  const shown = waves.length > LISTED_MAX && last ? [...waves.slice(0, LISTED_MAX - 1), last] : waves;
  if (waves.length === 0) return <p className="text-muted">{t("noWaves")}</p>;
  return (
    <Panel>
      <div className="p-4">
        <WaveBars waves={waves} />
      </div>
      <div className="border-t">
        <DataTable caption={t("waves")} columns={columns} rows={shown} rowKey={(wave) => String(wave.wave)} />
      </div>
      {shown.length < waves.length && (
        <p className="border-t px-3 py-2 text-muted">{t("moreWaves", { count: waves.length - shown.length })}</p>
      )}
    </Panel>
  );
}

const MINUTE_MS = 60_000;
const short = (value: number): string => String(Number(value.toPrecision(6)));

/** What each field is when left empty: from the policy that the preview came out with. */
const presets: Record<string, (policy: Policy) => string> = {
  first: (policy) => short(policy.first),
  growth: (policy) => short(policy.growth),
  waveMax: (policy) => (policy.waveMax === null ? "–" : short(policy.waveMax)),
  soakMs: (policy) => short(policy.soakMs / MINUTE_MS),
  maxErrors: (policy) => short(policy.maxErrors),
  maxInFlight: (policy) => short(policy.maxInFlight),
  applyTimeoutMs: (policy) => short(policy.applyTimeoutMs / MINUTE_MS),
  judgeEveryMs: (policy) => short(policy.judgeEveryMs / 1_000),
  alpha: (policy) => short(policy.judge.alpha),
  minExposureMs: (policy) => short(policy.judge.minExposureMs / MINUTE_MS),
  toleratedRatio: (policy) => short(policy.judge.toleratedRatio),
  controlsMax: (policy) => short(policy.judge.controlsMax),
};
const main = ["first", "growth", "soakMs", "maxErrors"] as const;
const advanced = [
  "waveMax",
  "maxInFlight",
  "applyTimeoutMs",
  "judgeEveryMs",
  "minExposureMs",
  "toleratedRatio",
  "alpha",
  "controlsMax",
] as const;
const inJudge = new Set<string>(["alpha", "minExposureMs", "toleratedRatio", "controlsMax"]);

const choices = {
  domain: ["zone", "rack", "none"],
  onFail: ["roll-back", "halt"],
  rehearse: ["true", "false"],
  judgeKind: ["sequential", "kayenta"],
  atTimeLimit: ["pass", "pause"],
} as const;
const chosen: Record<keyof typeof choices, (policy: Policy) => string> = {
  domain: (policy) => policy.domain,
  onFail: (policy) => policy.onFail,
  rehearse: (policy) => String(policy.rehearse),
  judgeKind: (policy) => policy.judge.kind,
  atTimeLimit: (policy) => policy.judge.atTimeLimit,
};

function Numbers({
  names,
  props,
}: {
  names: readonly (typeof main | typeof advanced)[number][];
  props: StepProps;
}): ReactNode {
  const t = useTranslations("policy");
  const { draft, set, faults, preview } = props;
  return names.map((name) => (
    <Field
      key={name}
      label={t(`${name}.label`)}
      hint={t(`${name}.hint`)}
      inputMode="decimal"
      autoComplete="off"
      value={draft.policy[name] ?? ""}
      placeholder={preview ? presets[name]?.(preview.policy) : undefined}
      onChange={(event) => set({ policy: { ...draft.policy, [name]: event.target.value } })}
      fault={faults[`policy.${inJudge.has(name) ? "judge." : ""}${name}`]}
    />
  ));
}

function Choices({ names, props }: { names: readonly (keyof typeof choices)[]; props: StepProps }): ReactNode {
  const t = useTranslations("policy");
  const { draft, set, preview } = props;
  return names.map((name) => {
    const label = (value: string): string => t(`${name}.${value}` as Parameters<typeof t>[0]); // each of `choices` has its word
    const preset = preview && !draft.policy[name] ? chosen[name](preview.policy) : null;
    return (
      <SelectField
        key={name}
        label={t(`${name}.label`)}
        hint={t(`${name}.hint`)}
        value={draft.policy[name] ?? ""}
        onChange={(event) => set({ policy: { ...draft.policy, [name]: event.target.value } })}
        options={[
          { value: "", label: preset ? t("presetOf", { value: label(preset) }) : t("preset") },
          ...choices[name].map((value) => ({ value, label: label(value) })),
        ]}
      />
    );
  });
}

const grid = "grid grid-cols-1 gap-4 sm:grid-cols-2 xl:grid-cols-3";

export function WavesStep(props: StepProps): ReactNode {
  const { preview, isAsking, refusal, faults } = props;
  const t = useTranslations("wizard");
  const isAdvancedFaulty = Object.keys(faults).some(
    (path) => path.startsWith("policy.judge") || path === "policy.waveMax",
  );
  return (
    <div className="flex flex-col gap-6">
      <Section title={t("waves")}>
        {refusal ? (
          <p className="text-unhealthy">{refusal}</p>
        ) : preview ? (
          <div aria-busy={isAsking}>
            <WavePlan preview={preview} />
          </div>
        ) : isAsking ? (
          <Skeleton className="h-48" />
        ) : (
          <p className="text-muted">{t("noneYet")}</p>
        )}
      </Section>
      <Section title={t("policy")} note={t("policyNote")}>
        <div className={grid}>
          <Numbers names={main} props={props} />
          <Choices names={["domain", "onFail"]} props={props} />
        </div>
      </Section>
      <details open={isAdvancedFaulty || undefined} className="rounded-md border bg-surface px-3 py-1.5">
        <summary className="font-medium">{t("advanced")}</summary>
        <div className={`${grid} pt-3 pb-2`}>
          <Choices names={["rehearse", "judgeKind", "atTimeLimit"]} props={props} />
          <Numbers names={advanced} props={props} />
        </div>
      </details>
    </div>
  );
}

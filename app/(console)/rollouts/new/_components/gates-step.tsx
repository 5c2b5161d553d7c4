// Step 4: what has to be open before a wave goes out: people, other systems, the time of day, a freeze; and how fast it all goes.
"use client";
import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { intlTag } from "../../../../_lib/format.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { Button } from "../../../../_ui/button.tsx";
import { cn } from "../../../../_ui/cn.ts";
import { Field, SelectField } from "../../../../_ui/field.tsx";
import { Section } from "../../../../_ui/page-parts.tsx";
import type { GateDraft, WindowDraft } from "./draft.ts";
import type { StepProps } from "./steps.ts";

/** Most waves that a gate can be put after by number. */
const GATES_AFTER_MAX = 12;

/** Gates and windows have no identity but their place. */
const atPlace = (i: number): string => `place ${i}`;

function Removable(props: { label: string; onRemove: () => void; children: ReactNode }): ReactNode {
  return (
    <li className="flex items-start gap-2 rounded-md border bg-surface p-3">
      <div className="min-w-0 flex-1">{props.children}</div>
      <Button look="ghost" size="icon" aria-label={props.label} onClick={props.onRemove}>
        <X aria-hidden />
      </Button>
    </li>
  );
}

function Gates({ draft, set, faults, preview }: StepProps): ReactNode {
  const t = useTranslations("wizard");
  const waves = Math.min(GATES_AFTER_MAX, Math.max(1, (preview?.waves.length ?? 4) - 1));
  const change = (at: number, change: Partial<GateDraft>): void =>
    set({ gates: draft.gates.map((gate, i) => (i === at ? { ...gate, ...change } : gate)) });
  const add = (kind: GateDraft["kind"]): void => set({ gates: [...draft.gates, { after: "1", kind, url: "" }] });
  const after = [
    { value: "each", label: t("afterEach") },
    ...Array.from({ length: waves }, (_, i) => ({ value: String(i + 1), label: t("afterWave", { wave: i + 1 }) })),
  ];
  return (
    <Section title={t("gates")} note={t("gatesNote")}>
      <ul className="flex flex-col gap-2">
        {draft.gates.map((gate, i) => (
          <Removable
            key={atPlace(i)}
            label={t("removeGate")}
            onRemove={() => set({ gates: draft.gates.filter((_, j) => j !== i) })}
          >
            <div className="grid grid-cols-1 gap-3 sm:grid-cols-[12rem_minmax(0,1fr)]">
              <SelectField
                label={t(`gate.${gate.kind}`)}
                value={gate.after}
                onChange={(event) => change(i, { after: event.target.value })}
                options={
                  after.some(({ value }) => value === gate.after)
                    ? after
                    : [...after, { value: gate.after, label: t("afterWave", { wave: gate.after }) }]
                }
              />
              {gate.kind === "webhook" ? (
                <Field
                  label={t("url")}
                  value={gate.url}
                  placeholder="https://"
                  className="font-mono text-xs"
                  autoComplete="off"
                  onChange={(event) => change(i, { url: event.target.value })}
                  hint={t("urlHint")}
                  fault={faults[`policy.gates.${i}.url`] ?? faults[`policy.gates.${i}`]}
                />
              ) : (
                <p className="self-end pb-1.5 text-muted">{t("manualHint")}</p>
              )}
            </div>
          </Removable>
        ))}
      </ul>
      {draft.gates.length === 0 && <p className="text-muted">{t("noGates")}</p>}
      <div className="mt-2 flex flex-wrap gap-2">
        <Button onClick={() => add("manual")}>
          <Plus aria-hidden /> {t("addManual")}
        </Button>
        <Button onClick={() => add("webhook")}>
          <Plus aria-hidden /> {t("addWebhook")}
        </Button>
      </div>
    </Section>
  );
}

/** Sunday of some week: names of days come from the reader's language. */
const SUNDAY = Date.UTC(2026, 0, 4);
const DAY_MS = 86_400_000;
const days = [1, 2, 3, 4, 5, 6, 0];

function Days({ value, onChange }: { value: number[]; onChange: (value: number[]) => void }): ReactNode {
  const t = useTranslations("wizard");
  const locale = useLocale();
  const short = new Intl.DateTimeFormat(intlTag(locale), { weekday: "short", timeZone: "UTC" });
  return (
    <fieldset className="flex flex-wrap gap-1">
      <legend className="mb-1 font-medium">{t("days")}</legend>
      {days.map((day) => (
        <button
          key={day}
          type="button"
          aria-pressed={value.includes(day)}
          onClick={() => onChange(value.includes(day) ? value.filter((one) => one !== day) : [...value, day].sort())}
          className={cn(
            "h-8 min-w-10 rounded-md border border-line-strong px-2 text-muted",
            value.includes(day) && "border-accent bg-accent-soft font-medium text-accent",
          )}
        >
          {short.format(SUNDAY + day * DAY_MS)}
        </button>
      ))}
    </fieldset>
  );
}

function Windows({ draft, set, faults }: StepProps): ReactNode {
  const t = useTranslations("wizard");
  const change = (at: number, change: Partial<WindowDraft>): void =>
    set({ windows: draft.windows.map((one, i) => (i === at ? { ...one, ...change } : one)) });
  const add = (): void => {
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
    set({ windows: [...draft.windows, { days: [1, 2, 3, 4, 5], from: "09:00", to: "17:00", timeZone }] });
  };
  return (
    <Section title={t("windows")} note={t("windowsNote")}>
      <ul className="flex flex-col gap-2">
        {draft.windows.map((one, i) => (
          <Removable
            key={atPlace(i)}
            label={t("removeWindow")}
            onRemove={() => set({ windows: draft.windows.filter((_, j) => j !== i) })}
          >
            <div className="flex flex-col gap-3">
              <Days value={one.days} onChange={(value) => change(i, { days: value })} />
              <div className="grid grid-cols-2 gap-3 sm:grid-cols-[8rem_8rem_minmax(0,1fr)]">
                <Field
                  label={t("from")}
                  type="time"
                  value={one.from}
                  onChange={(event) => change(i, { from: event.target.value })}
                />
                <Field
                  label={t("to")}
                  type="time"
                  value={one.to}
                  onChange={(event) => change(i, { to: event.target.value })}
                />
                <div className="max-sm:col-span-2">
                  <Field
                    label={t("timeZone")}
                    value={one.timeZone}
                    autoComplete="off"
                    onChange={(event) => change(i, { timeZone: event.target.value })}
                    fault={faults[`policy.windows.${i}.timeZone`]}
                  />
                </div>
              </div>
              {faults[`policy.windows.${i}.days`] && <p className="text-unhealthy text-xs">{t("daysMissing")}</p>}
            </div>
          </Removable>
        ))}
      </ul>
      {draft.windows.length === 0 && <p className="text-muted">{t("noWindows")}</p>}
      <Button className="mt-2" onClick={add}>
        <Plus aria-hidden /> {t("addWindow")}
      </Button>
    </Section>
  );
}

function Lane({ draft, set, faults, isTouched }: StepProps): ReactNode {
  const t = useTranslations("wizard");
  return (
    <Section title={t("lane")}>
      <fieldset className="grid grid-cols-1 gap-2 sm:grid-cols-2">
        <legend className="sr-only">{t("lane")}</legend>
        {(["normal", "fast"] as const).map((lane) => (
          <label
            key={lane}
            className={cn(
              "flex cursor-pointer gap-2.5 rounded-md border bg-surface p-3 hover:border-line-strong",
              draft.lane === lane && "border-accent bg-accent-soft hover:border-accent",
            )}
          >
            <input
              type="radio"
              name="lane"
              checked={draft.lane === lane}
              onChange={() => set({ lane })}
              className="mt-0.5"
            />
            <span>
              <span className="block font-medium">{t(`lane_${lane}`)}</span>
              <span className="block text-muted text-xs">{t(`lane_${lane}_hint`)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <div className="mt-3 max-w-3xl">
        <Field
          label={draft.lane === "fast" ? t("reasonFast") : t("reason")}
          hint={t("reasonHint")}
          value={draft.reason}
          required={draft.lane === "fast"}
          maxLength={500}
          autoComplete="off"
          onChange={(event) => set({ reason: event.target.value })}
          fault={isTouched ? (faults.reason ?? null) : null}
        />
      </div>
    </Section>
  );
}

/** Whether anything may go out at all now. */
function Freeze(): ReactNode {
  const t = useTranslations("wizard");
  const trpc = useTRPC();
  const freeze = useQuery(trpc.freeze.get.queryOptions()).data;
  if (!freeze?.isFrozen) return <p className="text-muted">{t("notFrozen")}</p>;
  return (
    <p role="status" className="rounded-md border border-unhealthy/60 px-3 py-2 text-unhealthy">
      {t("frozen", { reason: freeze.reason ?? "" })}
    </p>
  );
}

export function GatesStep(props: StepProps): ReactNode {
  const t = useTranslations("wizard");
  return (
    <div className="flex flex-col gap-7">
      <Lane {...props} />
      <Gates {...props} />
      <Windows {...props} />
      <Section title={t("freeze")}>
        <Freeze />
      </Section>
    </div>
  );
}

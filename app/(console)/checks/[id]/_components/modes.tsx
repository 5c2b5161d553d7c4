// How far the product may go by itself for a check, for the fleet and per pool; auto shows what it takes to earn it.
"use client";
import { useMutation } from "@tanstack/react-query";
import { useLocale, useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { toast } from "sonner";
import {
  type CheckModes,
  EARN_LOWER_BOUND,
  EARN_RUNS_MIN,
  EVERY_POOL,
  type Mode,
  modes,
} from "../../../../../server/check-modes/schema.ts";
import { count, percent } from "../../../../_lib/format.ts";
import { useErrorText } from "../../../../_lib/use-error-text.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { Button } from "../../../../_ui/button.tsx";
import { Drawer } from "../../../../_ui/drawer.tsx";
import { Field, SelectField } from "../../../../_ui/field.tsx";
import { Section } from "../../../../_ui/page-parts.tsx";

function SetMode({ check, onDone }: { check: CheckModes; onDone: () => void }): ReactNode {
  const t = useTranslations("modes");
  const text = useText();
  const trpc = useTRPC();
  const errorText = useErrorText();
  const [mode, setMode] = useState<Mode | "">(check.fleet);
  const set = useMutation(
    trpc.modes.set.mutationOptions({
      onSuccess: () => {
        toast(t("done"));
        onDone();
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    set.mutate({
      checkId: check.checkId,
      pool: String(form.get("pool")).trim() || EVERY_POOL,
      mode: mode === "" ? null : mode,
      reason: String(form.get("reason")),
    });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field label={t("pool")} name="pool" defaultValue={EVERY_POOL} hint={t("poolHint")} required />
      <SelectField
        label={t("mode")}
        value={mode}
        onChange={(event) => setMode(modes.find((one) => one === event.target.value) ?? "")}
        options={[...modes.map((value) => ({ value, label: t(`names.${value}`) })), { value: "", label: t("inherit") }]}
        hint={mode ? t(`hints.${mode}`) : t("inheritHint")}
      />
      {mode === "auto" && check.earned?.why && <p className="text-degraded">{text(check.earned.why)}</p>}
      <Field label={t("reason")} name="reason" required minLength={3} maxLength={500} />
      {set.error && (
        <p role="alert" className="text-unhealthy">
          {errorText(set.error)}
        </p>
      )}
      <Button type="submit" look="primary" disabled={set.isPending}>
        {t("set")}
      </Button>
    </form>
  );
}

export function Modes({ check }: { check: CheckModes }): ReactNode {
  const t = useTranslations("modes");
  const text = useText();
  const locale = useLocale();
  const maySet = useCan("checks:mode");
  const [isOpen, setOpen] = useState(false);
  const { earned } = check;
  return (
    <Section
      title={t("title")}
      actions={
        maySet && (
          <Button size="small" onClick={() => setOpen(true)}>
            {t("change")}
          </Button>
        )
      }
    >
      <p>
        <span className="font-medium">{t(`names.${check.fleet}`)}</span>{" "}
        <span className="text-muted">{t(`hints.${check.fleet}`)}</span>
      </p>
      {check.pools.length > 0 && (
        <ul className="mt-2 flex flex-col gap-1">
          {check.pools.map((row) => (
            <li key={row.pool}>
              {row.pool}: <span className="font-medium">{t(`names.${row.mode}`)}</span>{" "}
              <span className="text-muted text-xs">
                {row.setByName}, {row.reason}
              </span>
            </li>
          ))}
        </ul>
      )}
      {earned && (
        <p className="mt-2 text-muted text-xs">
          {t("earned", {
            repair: text(earned.title),
            succeeded: count(earned.succeeded, locale),
            runs: count(earned.runs, locale),
            bound: percent(earned.lowerBound).value,
            runsMin: EARN_RUNS_MIN,
            boundMin: percent(EARN_LOWER_BOUND).value,
          })}
        </p>
      )}
      <Drawer open={isOpen} onClose={() => setOpen(false)} title={t("change")} lead={t("lead")}>
        <SetMode check={check} onDone={() => setOpen(false)} />
      </Drawer>
    </Section>
  );
}

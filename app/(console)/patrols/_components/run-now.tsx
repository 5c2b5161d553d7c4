// "Look now" at any selection: a plain look, or the inspection before a change with its verdict.
"use client";
import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { parseSelector } from "../../../../selectors/parse.ts";
import { useErrorText } from "../../../_lib/use-error-text.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { Button } from "../../../_ui/button.tsx";
import { Segmented } from "../../../_ui/list-tools.tsx";
import { SelectorField } from "../../../_ui/selector-field.tsx";

const purposes = ["on-demand", "pre-change"] as const;

export function RunNow(): ReactNode {
  const t = useTranslations("patrols");
  const trpc = useTRPC();
  const errorText = useErrorText();
  const router = useRouter();
  const [selector, setSelector] = useState("*");
  const [purpose, setPurpose] = useState<(typeof purposes)[number]>("on-demand");
  const run = useMutation(
    trpc.patrols.runNow.mutationOptions({ onSuccess: ({ id }) => router.push(`/patrols/runs/${id}`) }),
  );
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (parseSelector(selector).ok) run.mutate({ selector, purpose, checkIds: [] });
  };
  return (
    <form onSubmit={submit} className="flex flex-col items-start gap-3">
      <div className="w-full">
        <SelectorField label={t("nodes")} value={selector} onChange={setSelector} autoFocus />
      </div>
      <Segmented
        label={t("what")}
        value={purpose}
        onChange={setPurpose}
        options={purposes.map((value) => ({ value, label: t(`purpose.${value}`) }))}
      />
      <p className="text-muted text-xs">{t(purpose === "pre-change" ? "preChangeHint" : "onDemandHint")}</p>
      {run.error && (
        <p role="alert" className="text-unhealthy">
          {errorText(run.error)}
        </p>
      )}
      <Button type="submit" look="primary" disabled={run.isPending}>
        {t("lookNow")}
      </Button>
    </form>
  );
}

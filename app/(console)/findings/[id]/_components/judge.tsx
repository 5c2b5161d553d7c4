// "Was it real?": a person's verdict, of which the check's false-positive rate is made. The same answer again takes it back.
"use client";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { toast } from "sonner";
import type { FindingDetail } from "../../../../../server/findings/schema.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { readError } from "../../../../_trpc/errors.ts";
import { Button } from "../../../../_ui/button.tsx";
import { cn } from "../../../../_ui/cn.ts";
import { Section } from "../../../../_ui/page-parts.tsx";

const answers = [
  { wasReal: true, word: "real" },
  { wasReal: false, word: "falseAlarm" },
] as const;

export function Judge({ finding }: { finding: FindingDetail }): ReactNode {
  const t = useTranslations("finding.judge");
  const trpc = useTRPC();
  const mayWrite = useCan("findings:write");
  const judge = useMutation(
    trpc.findings.judge.mutationOptions({
      onSuccess: ({ wasReal }) => toast(t(wasReal === null ? "takenBack" : "noted")),
      onError: (error) => toast.error(readError(error).message),
    }),
  );
  if (!mayWrite && finding.wasReal === null) return null;
  return (
    <Section title={t("title")}>
      <div className="flex flex-wrap items-center gap-2">
        {answers.map(({ wasReal, word }) => {
          const isChosen = finding.wasReal === wasReal;
          return (
            <Button
              key={word}
              size="small"
              aria-pressed={isChosen}
              disabled={!mayWrite || judge.isPending}
              className={cn(isChosen && "border-accent bg-accent-soft text-accent")}
              onClick={() => judge.mutate({ id: finding.id, wasReal: isChosen ? null : wasReal })}
            >
              {t(word)}
            </Button>
          );
        })}
        {finding.wasReal !== null && mayWrite && (
          <Button
            size="small"
            look="ghost"
            disabled={judge.isPending}
            onClick={() => judge.mutate({ id: finding.id, wasReal: null })}
          >
            {t("undo")}
          </Button>
        )}
      </div>
      <p className="mt-1 text-muted text-xs">{t("hint")}</p>
    </Section>
  );
}

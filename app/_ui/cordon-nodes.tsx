// Cordons several nodes, one after another so that each is asked about by itself: what was given, what waits, and what was refused with its sum.
"use client";
import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { useErrorText } from "../_lib/use-error-text.ts";
import { useText } from "../_lib/use-text.ts";
import { useTRPCClient } from "../_trpc/client.ts";
import { Button } from "./button.tsx";
import { CordonFields, readCordon } from "./cordon-form.tsx";
import { ProgressBar } from "./progress-bar.tsx";
import { useRereadRollouts } from "./rollout-actions.tsx";

type Answered = { node: string; is: "held" | "waits" | "refused"; why: string };

function Results({ answers }: { answers: readonly Answered[] }): ReactNode {
  const t = useTranslations("selection");
  const n = (is: Answered["is"]): number => answers.filter((one) => one.is === is).length;
  const others = answers.filter(({ is }) => is !== "held");
  return (
    <div role="status" className="flex flex-col gap-2">
      <p>{t("cordonDone", { held: n("held"), waits: n("waits"), refused: n("refused") })}</p>
      {others.length > 0 && (
        <ul className="flex max-h-60 flex-col gap-1 overflow-y-auto">
          {others.map(({ node, is, why }) => (
            <li key={node}>
              <span className="font-medium">{node}</span>{" "}
              <span className={is === "refused" ? "text-unhealthy" : "text-muted"}>{why}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** @param read names of the nodes */
export function CordonNodes({
  read,
  onDone,
}: {
  read: () => Promise<readonly string[]>;
  onDone: () => void;
}): ReactNode {
  const t = useTranslations("budget");
  const own = useTranslations("selection");
  const common = useTranslations("common");
  const text = useText();
  const errorText = useErrorText();
  const client = useTRPCClient();
  const reread = useRereadRollouts();
  const [run, setRun] = useState<{ done: number; total: number } | null>(null);
  const [answers, setAnswers] = useState<readonly Answered[] | null>(null);
  const [failure, setFailure] = useState<string | null>(null);

  const cordon = async (form: FormData): Promise<void> => {
    const input = readCordon(form);
    const nodes = await read();
    const all: Answered[] = [];
    for (const node of nodes) {
      setRun({ done: all.length, total: nodes.length });
      try {
        const { leaseId, sum } = await client.leases.cordon.mutate({ node, ...input });
        all.push({ node, is: leaseId ? "held" : "waits", why: text(sum) });
      } catch (error) {
        all.push({ node, is: "refused", why: errorText(error) });
      }
    }
    setAnswers(all);
    reread();
  };
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    setFailure(null);
    cordon(new FormData(event.currentTarget))
      .catch((error: unknown) => setFailure(errorText(error)))
      .finally(() => setRun(null));
  };
  if (answers)
    return (
      <div className="flex flex-col gap-4">
        <Results answers={answers} />
        <Button look="primary" onClick={onDone}>
          {common("close")}
        </Button>
      </div>
    );
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <CordonFields />
      {failure && (
        <p role="alert" className="text-unhealthy">
          {failure}
        </p>
      )}
      {run && <ProgressBar label={own("cordoning")} done={run.done} total={run.total} />}
      <Button type="submit" look="primary" disabled={run !== null}>
        {t("cordon")}
      </Button>
    </form>
  );
}

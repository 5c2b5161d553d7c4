// What stands between a rollout and its next step: an approval, its start, a gate. Each with what the reader can do about it.
"use client";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import type { RolloutDetail } from "../../../../../server/rollouts/schema.ts";
import { useErrorText } from "../../../../_lib/use-error-text.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { Button } from "../../../../_ui/button.tsx";
import { Field } from "../../../../_ui/field.tsx";
import { useRereadRollouts } from "../../../../_ui/rollout-actions.tsx";
import { RolloutApproval } from "../../../../_ui/rollout-approval.tsx";
import { GateForm } from "../../../../_ui/rollout-gate.tsx";
import { CopyId, RelativeTime } from "../../../../_ui/values.tsx";

const box = "mb-5 flex flex-col gap-3 rounded-md border border-accent bg-surface px-4 py-3";

/** It waits for signatures: nothing was touched yet. */
function Awaiting({ rollout }: { rollout: RolloutDetail }): ReactNode {
  const own = useTranslations("rollout");
  if (!rollout.approval || rollout.phase !== "planned") return null;
  return (
    <div className={box}>
      <p role="status" className="font-semibold">
        {own("waitsApproval")}
      </p>
      <p className="flex flex-wrap items-center gap-x-2 text-muted text-xs">
        {own("targetHash")} <CopyId id={rollout.targetHash} full />
      </p>
      <RolloutApproval rollout={rollout} />
    </div>
  );
}

/** Ready to go: the count of nodes is typed where more than one domain is concerned. */
function Start({ rollout }: { rollout: RolloutDetail }): ReactNode {
  const t = useTranslations("wizard");
  const own = useTranslations("rollout");
  const trpc = useTRPC();
  const errorText = useErrorText();
  const reread = useRereadRollouts();
  const [typed, setTyped] = useState("");
  const start = useMutation(trpc.rollouts.start.mutationOptions({ onSuccess: reread }));
  if (!rollout.actions.start.can) return null;
  const isWide = new Set(rollout.state.waves.map(({ domain }) => domain)).size > 1;
  const isTyped = !isWide || typed.trim() === String(rollout.targetCount);
  return (
    <div className={box}>
      <p role="status" className="font-semibold">
        {own("ready")}
      </p>
      {isWide && (
        <div className="max-w-80">
          <Field
            label={t("typeCount", { count: rollout.targetCount })}
            inputMode="numeric"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoComplete="off"
          />
        </div>
      )}
      {start.error && (
        <p role="alert" className="text-unhealthy">
          {errorText(start.error)}
        </p>
      )}
      <div>
        <Button
          look="primary"
          disabled={!isTyped || start.isPending}
          onClick={() => start.mutate({ id: rollout.id, targetHash: rollout.targetHash })}
        >
          {t("start", { count: rollout.targetCount })}
        </Button>
      </div>
    </div>
  );
}

/** A gate asks a person, or another system. */
function Gate({ rollout }: { rollout: RolloutDetail }): ReactNode {
  const t = useTranslations("rollout");
  const { gate } = rollout;
  if (!gate) return null;
  return (
    <div className={box}>
      <p role="status" className="font-semibold">
        {gate.kind === "manual"
          ? t("gateManual", { wave: gate.after + 1 })
          : t("gateWebhook", { wave: gate.after + 1 })}{" "}
        <span className="font-normal text-muted">
          <RelativeTime at={new Date(gate.askedAt)} />
        </span>
      </p>
      {gate.kind === "manual" && <GateForm id={rollout.id} after={gate.after} canDecide={gate.canDecide} />}
    </div>
  );
}

export function RolloutNotices({ rollout }: { rollout: RolloutDetail }): ReactNode {
  return (
    <>
      <Awaiting rollout={rollout} />
      <Start rollout={rollout} />
      <Gate rollout={rollout} />
    </>
  );
}

/** Why it stands where it stands, in a sentence. */
export function Why({ rollout }: { rollout: RolloutDetail }): ReactNode {
  const t = useTranslations("rollout");
  const text = useText();
  const said = text(rollout.why ?? rollout.state.why);
  if (said) return said;
  if (rollout.phase === "running") return t(`now.${rollout.stage ?? "dispatch"}`, { wave: rollout.wave + 1 });
  return t(`nowPhase.${rollout.phase}`);
}

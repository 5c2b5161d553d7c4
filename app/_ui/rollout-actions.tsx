// The buttons that steer a rollout: on its page, and the first aid on every screen. Each asks why, says what it does, and what is off says why.
"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { toast } from "sonner";
import { isFinal, type RolloutActions, type RolloutDetail } from "../../server/rollouts/schema.ts";
import { useErrorText } from "../_lib/use-error-text.ts";
import { useHotkey } from "../_lib/use-hotkey.ts";
import { useText } from "../_lib/use-text.ts";
import { useTRPC, useTRPCClient } from "../_trpc/client.ts";
import { Button } from "./button.tsx";
import { Modal } from "./drawer.tsx";
import { Field } from "./field.tsx";
import { isActive } from "./rollout-look.ts";

export const steering = ["pause", "resume", "promote", "retry", "rollBack", "abort"] as const;
export type Steering = (typeof steering)[number];

/** Pause and resume never stand side by side. */
export const hotkeys: Partial<Record<Steering, string>> = { pause: "p", resume: "p" };

export const isDangerous = (act: Steering): boolean => act === "rollBack" || act === "abort";

/** Which of the buttons make sense in this phase; those that are off say why. */
export function shownActs({ phase, counts, actions }: Pick<RolloutDetail, "phase" | "counts" | "actions">): Steering[] {
  const pauses: Steering[] = actions.resume.can || phase === "paused" || phase === "halted" ? ["resume"] : ["pause"];
  const hasFailed = counts.failed + counts.revertFailed > 0;
  if (isFinal(phase))
    return [
      ...(hasFailed || actions.retry.can ? (["retry"] as const) : []),
      ...(actions.rollBack.can ? (["rollBack"] as const) : []),
    ];
  if (!isActive(phase)) return ["abort"];
  return [...pauses, "promote", ...(hasFailed ? (["retry"] as const) : []), "rollBack", "abort"];
}

/** Reads again what an act changed, without waiting for the hint. */
export function useRereadRollouts(): () => void {
  const queries = useQueryClient();
  const trpc = useTRPC();
  return () => {
    void queries.invalidateQueries(trpc.rollouts.pathFilter());
    void queries.invalidateQueries(trpc.budget.pathFilter());
    void queries.invalidateQueries(trpc.leases.pathFilter());
  };
}

function ReasonForm(props: { id: string; act: Steering; onDone: () => void }): ReactNode {
  const { id, act } = props;
  const t = useTranslations("rollout");
  const common = useTranslations("common");
  const client = useTRPCClient();
  const errorText = useErrorText();
  const reread = useRereadRollouts();
  const run = useMutation({
    mutationFn: async (reason: string) => {
      await client.rollouts[act].mutate({ id, reason });
    },
    onSuccess: () => {
      toast(t(`act.${act}.done`));
      reread();
      props.onDone();
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    run.mutate(String(new FormData(event.currentTarget).get("reason")));
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <p>{t(`act.${act}.lead`)}</p>
      <Field
        label={t("reason")}
        hint={t("reasonHint")}
        name="reason"
        required
        minLength={3}
        maxLength={500}
        autoFocus
        autoComplete="off"
      />
      {run.error && (
        <p role="alert" className="text-unhealthy">
          {errorText(run.error)}
        </p>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={props.onDone}>{common("cancel")}</Button>
        <Button type="submit" look={isDangerous(act) ? "danger" : "primary"} disabled={run.isPending}>
          {t(`act.${act}.label`)}
        </Button>
      </div>
    </form>
  );
}

/** The question of one act, with its reason. */
export function SteerDialog(props: {
  id: string;
  title: string;
  act: Steering;
  isOpen: boolean;
  onClose: () => void;
}): ReactNode {
  const { act } = props;
  const t = useTranslations("rollout");
  return (
    <Modal title={t(`act.${act}.title`)} lead={props.title} open={props.isOpen} onClose={props.onClose}>
      <ReasonForm id={props.id} act={act} onDone={props.onClose} />
    </Modal>
  );
}

/** One button with its question. What may not be done now stays visible, off, with the reason for eyes and screen readers. */
export function SteerButton(props: {
  id: string;
  title: string;
  act: Steering;
  can: boolean;
  why: string;
  size?: "normal" | "small";
  /** One key that opens it, anywhere on the page but in a field. */
  hotkey?: string | undefined;
}): ReactNode {
  const { act, can, why, hotkey } = props;
  const t = useTranslations("rollout");
  const [isOpen, setOpen] = useState(false);
  useHotkey(can ? hotkey : undefined, () => setOpen(true));
  return (
    <>
      <Button
        size={props.size}
        look={isDangerous(act) ? "danger" : "plain"}
        aria-disabled={!can}
        aria-keyshortcuts={hotkey}
        title={can ? [t(`act.${act}.hint`), hotkey && `(${hotkey})`].filter(Boolean).join(" ") : why}
        onClick={() => can && setOpen(true)}
        className={can ? undefined : "cursor-not-allowed opacity-50"}
      >
        {t(`act.${act}.label`)}
        {!can && why && <span className="sr-only">: {why}</span>}
      </Button>
      <SteerDialog id={props.id} title={props.title} act={act} isOpen={isOpen} onClose={() => setOpen(false)} />
    </>
  );
}

/** @param only which of them; all that the phase knows when absent */
export function SteerButtons(props: {
  id: string;
  title: string;
  actions: RolloutActions;
  only?: readonly Steering[];
  /** On its own page: halting is one key away. */
  hasHotkeys?: boolean;
  size?: "normal" | "small";
}): ReactNode {
  const text = useText();
  return (props.only ?? steering).map((act) => (
    <SteerButton
      key={act}
      id={props.id}
      title={props.title}
      act={act}
      can={props.actions[act].can}
      why={text(props.actions[act].why)}
      size={props.size}
      hotkey={props.hasHotkeys ? hotkeys[act] : undefined}
    />
  ));
}

// The buttons that steer a rollout: on its page, and the first aid on every screen. Each asks why, says what it does, and what is off says why.
"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { toast } from "sonner";
import type { RolloutActions } from "../../server/rollouts/schema.ts";
import { useErrorText } from "../_lib/use-error-text.ts";
import { useText } from "../_lib/use-text.ts";
import { useTRPC, useTRPCClient } from "../_trpc/client.ts";
import { Button } from "./button.tsx";
import { Modal } from "./drawer.tsx";
import { Field } from "./field.tsx";

export const steering = ["pause", "resume", "promote", "retry", "rollBack", "abort"] as const;
export type Steering = (typeof steering)[number];

const isDangerous = (act: Steering): boolean => act === "rollBack" || act === "abort";

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

/** One button with its question. What may not be done now stays visible, off, with the reason for eyes and screen readers. */
export function SteerButton(props: {
  id: string;
  title: string;
  act: Steering;
  can: boolean;
  why: string;
  size?: "normal" | "small";
}): ReactNode {
  const { act, can, why } = props;
  const t = useTranslations("rollout");
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button
        size={props.size}
        look={isDangerous(act) ? "danger" : "plain"}
        aria-disabled={!can}
        title={can ? t(`act.${act}.hint`) : why}
        onClick={() => can && setOpen(true)}
        className={can ? undefined : "cursor-not-allowed opacity-50"}
      >
        {t(`act.${act}.label`)}
        {!can && why && <span className="sr-only">: {why}</span>}
      </Button>
      <Modal title={t(`act.${act}.title`)} lead={props.title} open={isOpen} onClose={() => setOpen(false)}>
        <ReasonForm id={props.id} act={act} onDone={() => setOpen(false)} />
      </Modal>
    </>
  );
}

/** @param only which of them; all that the phase knows when absent */
export function SteerButtons(props: {
  id: string;
  title: string;
  actions: RolloutActions;
  only?: readonly Steering[];
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
    />
  ));
}

// The freeze as everybody sees it: a quiet button while the fleet may act, a red banner while it may not.
"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Snowflake } from "lucide-react";
import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { toast } from "sonner";
import { canUsePasskeys } from "../../_lib/passkeys.ts";
import { signChallenge } from "../../_lib/sign-challenge.ts";
import { useCan } from "../../_lib/use-me.ts";
import { useTRPC, useTRPCClient } from "../../_trpc/client.ts";
import { readError } from "../../_trpc/errors.ts";
import { useOwnPasskeys } from "../../_ui/approval.tsx";
import { Button } from "../../_ui/button.tsx";
import { Modal } from "../../_ui/drawer.tsx";
import { Field } from "../../_ui/field.tsx";
import { RelativeTime } from "../../_ui/values.tsx";

/** The dispatcher confirms and lifts without a hint of its own, ms. */
const REREAD_MS = 2_000;

function useFreeze() {
  const trpc = useTRPC();
  return useQuery(
    trpc.freeze.get.queryOptions(undefined, {
      refetchInterval: ({ state }) => (state.data?.isFrozen ? REREAD_MS : false),
    }),
  ).data;
}

function useReread(): () => void {
  const trpc = useTRPC();
  const queries = useQueryClient();
  return () => void queries.invalidateQueries(trpc.freeze.pathFilter());
}

function FreezeForm({ onDone }: { onDone: () => void }): ReactNode {
  const t = useTranslations("freeze");
  const trpc = useTRPC();
  const reread = useReread();
  const set = useMutation(
    trpc.freeze.set.mutationOptions({
      onSuccess: () => {
        reread();
        onDone();
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    set.mutate({ reason: String(new FormData(event.currentTarget).get("reason")) });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <p>{t("lead")}</p>
      <Field
        label={t("reason")}
        hint={t("reasonHint")}
        name="reason"
        required
        maxLength={500}
        autoFocus
        autoComplete="off"
      />
      {set.error && (
        <p role="alert" className="text-unhealthy">
          {readError(set.error).message}
        </p>
      )}
      <Button type="submit" look="danger" disabled={set.isPending}>
        {t("confirm")}
      </Button>
    </form>
  );
}

/** In the top bar, for whoever may freeze. */
export function FreezeButton(): ReactNode {
  const t = useTranslations("freeze");
  const maySet = useCan("freeze:set");
  const freeze = useFreeze();
  const [isOpen, setOpen] = useState(false);
  if (!maySet || freeze?.isFrozen) return null;
  return (
    <>
      <Button look="ghost" title={t("freezeHint")} aria-label={t("freeze")} onClick={() => setOpen(true)}>
        <Snowflake aria-hidden className="size-4" />
        <span className="max-lg:hidden">{t("freeze")}</span>
      </Button>
      <Modal title={t("title")} open={isOpen} onClose={() => setOpen(false)}>
        <FreezeForm onDone={() => setOpen(false)} />
      </Modal>
    </>
  );
}

/** Above everything, for everybody. */
export function FreezeBanner(): ReactNode {
  const t = useTranslations("freeze");
  const client = useTRPCClient();
  const reread = useReread();
  const mayLift = useCan("freeze:lift");
  const own = useOwnPasskeys();
  const freeze = useFreeze();
  const [isBusy, setBusy] = useState(false);
  if (!freeze?.isFrozen || freeze.epoch === null) return null;
  const { epoch, lift } = freeze;
  const sign = async (challenge: string, keys: string[]): Promise<void> => {
    setBusy(true);
    try {
      await client.freeze.lift.mutate({ epoch, signature: await signChallenge(challenge, keys) });
      toast(t("lifted"));
    } catch (error) {
      toast.error(t("failed"), { description: readError(error).message });
    }
    setBusy(false);
    reread();
  };
  const toSign = mayLift ? lift.toSign : null;
  const canSign = toSign !== null && own !== undefined && own.length > 0 && canUsePasskeys();
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-unhealthy border-b-2 bg-unhealthy-cell px-3 py-1.5 text-text sm:px-6"
    >
      <Snowflake aria-hidden className="size-4 shrink-0" />
      <span className="font-semibold">{t("frozen")}</span>
      <span className="min-w-0 break-words">{freeze.reason}</span>
      <span>
        {t("by", { name: freeze.setByName })} {freeze.setAt && <RelativeTime at={freeze.setAt} />}
      </span>
      {!freeze.isInForce && <span>{t("pending")}</span>}
      <span title={lift.given.map(({ personName }) => personName).join(", ")}>
        {t("lifts", { given: lift.given.length, needed: lift.needed })}
      </span>
      {canSign && (
        <Button size="small" disabled={isBusy} onClick={() => void sign(toSign.challenge, own)}>
          {t("lift")}
        </Button>
      )}
      {toSign !== null && !canSign && <span>{t("cli")}</span>}
    </div>
  );
}

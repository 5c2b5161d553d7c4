// Approving as people do it: where a run stands, and the buttons that sign, release or reject it. On the page of approvals and on the run's own.
"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { toast } from "sonner";
import type { ApprovalNeed, ApprovalState, Decided } from "../../server/approvals/schema.ts";
import { shortId } from "../_lib/format.ts";
import { byName, canUsePasskeys } from "../_lib/passkeys.ts";
import { signChallenge } from "../_lib/sign-challenge.ts";
import { useCan } from "../_lib/use-me.ts";
import { useText } from "../_lib/use-text.ts";
import { useTRPC, useTRPCClient } from "../_trpc/client.ts";
import { readError } from "../_trpc/errors.ts";
import { Button } from "./button.tsx";
import { Modal } from "./drawer.tsx";
import { Field } from "./field.tsx";

/** Ids of the reader's passkeys that are accepted for approvals; undefined while they are read. */
export function useOwnPasskeys(): string[] | undefined {
  const trpc = useTRPC();
  const mayRead = useCan("keys:read");
  const { data } = useQuery(trpc.approvals.keys.queryOptions(undefined, { enabled: mayRead }));
  return data?.filter((key) => key.isYours && key.state === "active" && key.type === "webauthn").map(({ id }) => id);
}

/** Reads again what a decision changed, without waiting for the hint. */
export function useReread(): () => void {
  const queries = useQueryClient();
  const trpc = useTRPC();
  return () => {
    void queries.invalidateQueries(trpc.approvals.pathFilter());
    void queries.invalidateQueries(trpc.repairs.pathFilter());
    void queries.invalidateQueries(trpc.rollouts.pathFilter());
  };
}

/** "1 of 2 signatures · Approved by Anna · Waits until 14:05". */
export function ApprovalLine({ approval }: { approval: ApprovalState }): ReactNode {
  const t = useTranslations("approvals");
  const locale = useLocale();
  const { given, needed, needsSignature, approveBy } = approval;
  const names = given.map(({ personName }) => personName).join(", ");
  const time = new Intl.DateTimeFormat(locale, { timeStyle: "short" }).format(approveBy);
  const parts = [
    needsSignature ? t("signed", { given: given.length, needed }) : t("release"),
    names && t("approvedBy", { names }),
    t("until", { time }),
  ];
  return <span>{parts.filter(Boolean).join(" · ")}</span>;
}

/** What stands between "start" and the first step, in a sentence. */
export function ApprovalNeedText({ approval }: { approval: ApprovalNeed }): ReactNode {
  const t = useTranslations("approvals");
  const { kind, needed, countsYours, hasKey } = approval;
  if (kind === "none") return t("needNone");
  if (kind === "release") return t("needRelease");
  if (!countsYours) return t("needOther");
  if (needed > 1) return t("needBoth", { count: needed });
  return hasKey ? t("needYours") : t("needYoursNoKey");
}

/**
 * Right after a start: asks for the passkey where the reader's own signature counts. Whatever comes of it, the run's page shows where it stands.
 */
export function useApproveNow(): (id: string) => Promise<void> {
  const client = useTRPCClient();
  const own = useOwnPasskeys();
  return async (id) => {
    const { approval } = await client.approvals.get.query({ id });
    if (!approval.toSign || !own?.length || !canUsePasskeys()) return;
    try {
      const signature = await signChallenge(approval.toSign.challenge, own);
      await client.approvals.approve.mutate({ id, signature });
    } catch (error) {
      if (readError(error).code !== null) toast.error(readError(error).message);
    }
  };
}

function RejectForm({ id, onDone }: { id: string; onDone: () => void }): ReactNode {
  const t = useTranslations("approvals");
  const trpc = useTRPC();
  const reread = useReread();
  const reject = useMutation(
    trpc.approvals.reject.mutationOptions({
      onSuccess: () => {
        toast(t("rejected"));
        reread();
        onDone();
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    reject.mutate({ id, reason: String(new FormData(event.currentTarget).get("reason")) });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field label={t("reason")} hint={t("reasonHint")} name="reason" maxLength={500} autoFocus autoComplete="off" />
      {reject.error && (
        <p role="alert" className="text-unhealthy">
          {readError(reject.error).message}
        </p>
      )}
      <Button type="submit" look="danger" disabled={reject.isPending}>
        {t("reject")}
      </Button>
    </form>
  );
}

/** What the reader can do about a run that waits, or why nothing. */
export function ApprovalActions({ id, approval }: { id: string; approval: ApprovalState }): ReactNode {
  const t = useTranslations("approvals");
  const text = useText();
  const client = useTRPCClient();
  const reread = useReread();
  const own = useOwnPasskeys();
  const mayReject = useCan("repairs:approve");
  const [isBusy, setBusy] = useState(false);
  const [isRejecting, setRejecting] = useState(false);
  const [place, setPlace] = useState<{ isNamed: boolean; url: string } | null>(null);
  useEffect(() => setPlace({ isNamed: canUsePasskeys(), url: byName() }), []);

  const tell = (decided: Decided): void => {
    const outcome = text(decided.outcome);
    if (decided.state === "cancelled") toast.error(t("failed"), { description: outcome });
    else toast(decided.state === "awaiting" ? outcome || t("approvedMore") : t("approved"));
  };
  const run = async (decide: () => Promise<Decided>): Promise<void> => {
    setBusy(true);
    try {
      tell(await decide());
    } catch (error) {
      // The browser's own words for "cancelled" help nobody.
      const { code, message } = readError(error);
      toast.error(t("failed"), { description: code === null ? t("cancelled") : message });
    }
    setBusy(false);
    reread();
  };
  const { toSign, needsSignature, canApprove, refusal } = approval;
  const canSign = canApprove && toSign !== null && own !== undefined && own.length > 0 && place?.isNamed === true;
  return (
    <div className="flex flex-col items-start gap-2">
      {refusal && <p className="max-w-[70ch] text-muted">{text(refusal)}</p>}
      {canApprove && needsSignature && own?.length === 0 && <p>{t("localOnly", { id: shortId(id) })}</p>}
      {canApprove && needsSignature && place && !place.isNamed && <p>{t("needsName", { url: place.url })}</p>}
      <div className="flex flex-wrap items-center gap-2">
        {canSign && (
          <Button
            look="primary"
            disabled={isBusy}
            onClick={() =>
              void run(async () =>
                client.approvals.approve.mutate({ id, signature: await signChallenge(toSign.challenge, own) }),
              )
            }
          >
            {t("approve")}
          </Button>
        )}
        {canApprove && !needsSignature && (
          <Button
            look="primary"
            disabled={isBusy}
            onClick={() => void run(() => client.approvals.release.mutate({ id }))}
          >
            {t("releaseIt")}
          </Button>
        )}
        {mayReject && (
          <Button look="danger" disabled={isBusy} onClick={() => setRejecting(true)}>
            {t("reject")}
          </Button>
        )}
        {needsSignature && !canSign && mayReject && (
          <Link href="/approvals?tab=keys" className="underline">
            {t("getKey")}
          </Link>
        )}
      </div>
      <Modal title={t("rejectTitle")} open={isRejecting} onClose={() => setRejecting(false)}>
        <RejectForm id={id} onDone={() => setRejecting(false)} />
      </Modal>
    </div>
  );
}

// Approving a rollout as people do it: the passkey signs exactly these targets, this change and this policy. Who does not want it aborts it.
"use client";
import { useTranslations } from "next-intl";
import { type ReactNode, useEffect, useState } from "react";
import { toast } from "sonner";
import type { RolloutDetail } from "../../server/rollouts/schema.ts";
import { byName, canUsePasskeys } from "../_lib/passkeys.ts";
import { signChallenge } from "../_lib/sign-challenge.ts";
import { useErrorText } from "../_lib/use-error-text.ts";
import { useText } from "../_lib/use-text.ts";
import { useTRPCClient } from "../_trpc/client.ts";
import { readError } from "../_trpc/errors.ts";
import { ApprovalLine, useOwnPasskeys, useReread } from "./approval.tsx";
import { Button, ButtonLink } from "./button.tsx";

/** Where the approval stands, and the button that signs where the reader's signature counts. */
export function RolloutApproval({ rollout }: { rollout: Pick<RolloutDetail, "id" | "approval"> }): ReactNode {
  const t = useTranslations("approvals");
  const own = useTranslations("rollout");
  const text = useText();
  const errorText = useErrorText();
  const client = useTRPCClient();
  const reread = useReread();
  const keys = useOwnPasskeys();
  const [isBusy, setBusy] = useState(false);
  const [place, setPlace] = useState<{ isNamed: boolean; url: string } | null>(null);
  useEffect(() => setPlace({ isNamed: canUsePasskeys(), url: byName() }), []);
  const { id, approval } = rollout;
  if (!approval) return null;
  const { toSign, canApprove, refusal } = approval;
  const canSign = canApprove && toSign !== null && keys !== undefined && keys.length > 0 && place?.isNamed === true;
  const sign = async (challenge: string, ids: string[]): Promise<void> => {
    setBusy(true);
    try {
      const signature = await signChallenge(challenge, ids);
      const { phase } = await client.approvals.approveRollout.mutate({ id, signature });
      toast(phase === "planned" ? t("approvedMore") : t("approved"));
    } catch (error) {
      // The browser's own words for "cancelled" help nobody.
      toast.error(t("failed"), { description: readError(error).code === null ? t("cancelled") : errorText(error) });
    }
    setBusy(false);
    reread();
  };
  return (
    <div className="flex flex-col items-start gap-2">
      <p className="text-muted">
        <ApprovalLine approval={approval} /> · {t("nothingYet")}
      </p>
      {refusal && <p className="max-w-[70ch] text-muted">{text(refusal)}</p>}
      {canApprove && keys?.length === 0 && <p>{own("localOnly", { id: id.slice(-8) })}</p>}
      {canApprove && place && !place.isNamed && <p>{t("needsName", { url: place.url })}</p>}
      <div className="flex flex-wrap items-center gap-2">
        {canSign && (
          <Button look="primary" disabled={isBusy} onClick={() => void sign(toSign.challenge, keys)}>
            {t("approve")}
          </Button>
        )}
        {canApprove && !canSign && <ButtonLink href="/approvals?tab=keys">{t("getKey")}</ButtonLink>}
      </div>
    </div>
  );
}

// Stands above a quarantined node: why, what to do, and the release for those who may.
"use client";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { toast } from "sonner";
import { type NodeDetail, quarantineText } from "../../../../../server/nodes/schema.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { readError } from "../../../../_trpc/errors.ts";
import { Button } from "../../../../_ui/button.tsx";
import { Modal } from "../../../../_ui/drawer.tsx";
import { Panel } from "../../../../_ui/page-parts.tsx";
import { quarantineLook } from "../../../../_ui/state.ts";
import { StateBadge } from "../../../../_ui/state-badge.tsx";
import { RelativeTime } from "../../../../_ui/values.tsx";

export function Quarantine({ node, since }: { node: NodeDetail; since: Date }): ReactNode {
  const t = useTranslations("quarantine");
  const common = useTranslations("common");
  const trpc = useTRPC();
  const mayRelease = useCan("nodes:trust");
  const text = useText();
  const reason = quarantineText(node.quarantineReason);
  const [isAsking, setAsking] = useState(false);
  const release = useMutation(
    trpc.nodes.release.mutationOptions({
      onSuccess: () => {
        setAsking(false);
        toast(t("released", { node: node.name }));
      },
      onError: (error) => toast.error(readError(error).message),
    }),
  );
  return (
    <Panel className="mb-5 flex flex-col gap-2 border-unhealthy p-4">
      <div className="flex flex-wrap items-baseline gap-x-3">
        <StateBadge look={quarantineLook} label={t("title")} />
        <RelativeTime at={since} className="text-muted text-xs" />
        {mayRelease && (
          <Button size="small" className="ml-auto" onClick={() => setAsking(true)}>
            {t("release")}
          </Button>
        )}
      </div>
      {reason && <p>{text(reason)}</p>}
      <p className="text-muted">{t("hint", { node: node.name })}</p>
      <Modal title={t("releaseTitle", { node: node.name })} open={isAsking} onClose={() => setAsking(false)}>
        <div className="flex flex-col gap-4">
          <p className="text-muted">{t("releaseHint", { node: node.name })}</p>
          <div className="flex justify-end gap-2">
            <Button onClick={() => setAsking(false)}>{common("cancel")}</Button>
            <Button look="danger" disabled={release.isPending} onClick={() => release.mutate({ node: node.id })}>
              {t("releaseNow")}
            </Button>
          </div>
        </div>
      </Modal>
    </Panel>
  );
}

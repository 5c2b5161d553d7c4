// What can be done with a node: look again, maintenance on and off, remove. Each asks where it must and says what happened.
"use client";
import { useMutation } from "@tanstack/react-query";
import { Ellipsis, RefreshCw } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { DropdownMenu } from "radix-ui";
import { type FormEvent, type ReactNode, useState } from "react";
import { toast } from "sonner";
import type { NodeDetail } from "../../../../../server/nodes/schema.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { readError } from "../../../../_trpc/errors.ts";
import { Button } from "../../../../_ui/button.tsx";
import { CordonForm } from "../../../../_ui/cordon-form.tsx";
import { Modal } from "../../../../_ui/drawer.tsx";
import { Field } from "../../../../_ui/field.tsx";

type Question = "maintenance" | "cordon" | "remove" | null;

export function NodeActions({ node }: { node: NodeDetail }): ReactNode {
  const t = useTranslations("node.action");
  const common = useTranslations("common");
  const trpc = useTRPC();
  const router = useRouter();
  const mayWrite = useCan("nodes:write");
  const mayCordon = useCan("leases:write");
  const mayRollOut = useCan("rollouts:run");
  const [question, setQuestion] = useState<Question>(null);
  const [typed, setTyped] = useState("");
  const fail = (error: unknown): void => void toast.error(t("failed"), { description: readError(error).message });
  const close = (): void => {
    setQuestion(null);
    setTyped("");
  };

  const refresh = useMutation(
    trpc.nodes.refresh.mutationOptions({ onSuccess: () => toast(t("refreshed")), onError: fail }),
  );
  const maintenance = useMutation(
    trpc.nodes.setMaintenance.mutationOptions({
      onSuccess: (_, { on }) => {
        close();
        toast(t(on ? "maintenanceIsOn" : "maintenanceIsOff", { node: node.name }));
      },
      onError: fail,
    }),
  );
  const remove = useMutation(
    trpc.nodes.remove.mutationOptions({
      onSuccess: () => {
        toast(t("removed", { node: node.name }));
        router.push("/nodes");
      },
      onError: fail,
    }),
  );
  if (!mayWrite) return null;
  const isInMaintenance = node.state === "maintenance";
  const item = "flex h-8 cursor-pointer items-center rounded-sm px-2 outline-none data-[highlighted]:bg-sunken";
  const submitMaintenance = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const reason = String(new FormData(event.currentTarget).get("reason") ?? "");
    maintenance.mutate({ node: node.id, on: true, reason });
  };

  return (
    <>
      <Button onClick={() => refresh.mutate({ node: node.id })} disabled={refresh.isPending} title={t("refreshHint")}>
        <RefreshCw aria-hidden /> {t("refresh")}
      </Button>
      {isInMaintenance ? (
        <Button onClick={() => maintenance.mutate({ node: node.id, on: false })} disabled={maintenance.isPending}>
          {t("endMaintenance")}
        </Button>
      ) : (
        <Button onClick={() => setQuestion("maintenance")}>{t("maintenance")}</Button>
      )}
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger asChild>
          <Button size="icon" aria-label={t("more")}>
            <Ellipsis aria-hidden />
          </Button>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content
            align="end"
            sideOffset={4}
            className="z-50 min-w-40 animate-fade rounded-md border bg-surface p-1 shadow-float"
          >
            {mayCordon && (
              <DropdownMenu.Item className={item} onSelect={() => setQuestion("cordon")}>
                {t("cordon")}
              </DropdownMenu.Item>
            )}
            {mayRollOut && (
              <DropdownMenu.Item asChild className={item}>
                <Link href={`/rollouts/new?nodes=${encodeURIComponent(node.name)}`}>{t("change")}</Link>
              </DropdownMenu.Item>
            )}
            <DropdownMenu.Item className={`${item} text-unhealthy`} onSelect={() => setQuestion("remove")}>
              {t("remove")}
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>

      <Modal title={t("maintenanceTitle", { node: node.name })} open={question === "maintenance"} onClose={close}>
        <form onSubmit={submitMaintenance} className="flex flex-col gap-4">
          <p className="text-muted">{t("maintenanceHint")}</p>
          <Field label={t("reason")} name="reason" maxLength={500} autoFocus />
          <div className="flex justify-end gap-2">
            <Button onClick={close}>{common("cancel")}</Button>
            <Button type="submit" look="primary" disabled={maintenance.isPending}>
              {t("startMaintenance")}
            </Button>
          </div>
        </form>
      </Modal>
      <Modal title={t("cordonTitle", { node: node.name })} open={question === "cordon"} onClose={close}>
        <CordonForm node={node.id} onDone={close} />
      </Modal>
      <Modal title={t("removeTitle", { node: node.name })} open={question === "remove"} onClose={close}>
        <div className="flex flex-col gap-4">
          <p className="text-muted">{t("removeHint")}</p>
          <Field
            label={t("typeName", { node: node.name })}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoComplete="off"
          />
          <div className="flex justify-end gap-2">
            <Button onClick={close}>{common("cancel")}</Button>
            <Button
              look="danger"
              disabled={typed !== node.name || remove.isPending}
              onClick={() => remove.mutate({ node: node.id })}
            >
              {t("removeNow")}
            </Button>
          </div>
        </div>
      </Modal>
    </>
  );
}

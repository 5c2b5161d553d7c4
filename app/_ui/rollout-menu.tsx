// All acts on a rollout in one compact menu, where there is no room for buttons: what is off says why.
"use client";
import { useQuery } from "@tanstack/react-query";
import { EllipsisVertical } from "lucide-react";
import { useTranslations } from "next-intl";
import { DropdownMenu } from "radix-ui";
import { type ReactNode, useState } from "react";
import { useText } from "../_lib/use-text.ts";
import { useTRPC } from "../_trpc/client.ts";
import { Button } from "./button.tsx";
import { cn } from "./cn.ts";
import { isDangerous, SteerDialog, type Steering, shownActs } from "./rollout-actions.tsx";

/** Asks what may be done when it is opened. */
export function RolloutMenu({ id, title }: { id: string; title: string }): ReactNode {
  const t = useTranslations("rollout");
  const text = useText();
  const trpc = useTRPC();
  const [isOpen, setOpen] = useState(false);
  const [asked, setAsked] = useState<Steering | null>(null);
  // Kept while the dialog closes, so that it does not change its words on the way out.
  const [last, setLast] = useState<Steering>("pause");
  const rollout = useQuery(trpc.rollouts.get.queryOptions({ id }, { enabled: isOpen }));
  const ask = (act: Steering): void => {
    setLast(act);
    setAsked(act);
  };
  return (
    <>
      <DropdownMenu.Root modal={false} open={isOpen} onOpenChange={setOpen}>
        <DropdownMenu.Trigger asChild>
          <Button look="ghost" size="icon" className="size-7" aria-label={t("moreActs", { title })}>
            <EllipsisVertical aria-hidden />
          </Button>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content
            align="end"
            sideOffset={4}
            className="z-50 w-64 max-w-[calc(100vw-1rem)] animate-fade rounded-md border bg-surface p-1 shadow-float"
          >
            {!rollout.data && (
              <p role="status" className="px-2 py-1.5 text-muted">
                {rollout.error ? t("actsUnknown") : "…"}
              </p>
            )}
            {rollout.data &&
              shownActs(rollout.data).map((act) => {
                const { can, why } = rollout.data.actions[act];
                return (
                  <DropdownMenu.Item
                    key={act}
                    disabled={!can}
                    onSelect={() => ask(act)}
                    className={cn(
                      "flex min-h-9 cursor-pointer flex-col justify-center rounded-sm px-2 py-1 outline-none data-[disabled]:cursor-not-allowed data-[highlighted]:bg-sunken",
                      isDangerous(act) && can && "text-unhealthy",
                      !can && "text-muted",
                    )}
                  >
                    {t(`act.${act}.label`)}
                    {!can && why && <span className="text-xs">{text(why)}</span>}
                  </DropdownMenu.Item>
                );
              })}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      <SteerDialog id={id} title={title} act={asked ?? last} isOpen={asked !== null} onClose={() => setAsked(null)} />
    </>
  );
}

// A drawer for details, so that the list behind it is not lost; and a small dialog for questions.
"use client";
import { X } from "lucide-react";
import { useTranslations } from "next-intl";
import { Dialog } from "radix-ui";
import type { ReactNode } from "react";
import { Button } from "./button.tsx";

type Props = {
  title: string;
  lead?: ReactNode;
  open: boolean;
  onClose: () => void;
  children: ReactNode;
  footer?: ReactNode;
};

function Frame(props: Props & { className: string }): ReactNode {
  const t = useTranslations("common");
  return (
    <Dialog.Root open={props.open} onOpenChange={(open) => !open && props.onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 animate-fade bg-black/30" />
        <Dialog.Content
          aria-describedby={undefined}
          className={props.className}
          onOpenAutoFocus={(event) => {
            // The text comes first, not the button that closes it.
            event.preventDefault();
            if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus();
          }}
        >
          <div className="flex items-start gap-3 border-b px-4 py-3">
            <div className="min-w-0 flex-1">
              <Dialog.Title className="break-words font-semibold text-lg">{props.title}</Dialog.Title>
              {props.lead && <div className="text-muted">{props.lead}</div>}
            </div>
            <Dialog.Close asChild>
              <Button look="ghost" size="icon" aria-label={t("close")}>
                <X aria-hidden />
              </Button>
            </Dialog.Close>
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto px-4 py-4">{props.children}</div>
          {props.footer && (
            <div className="flex flex-wrap items-center justify-end gap-2 border-t px-4 py-3">{props.footer}</div>
          )}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** Slides in from the right; full width on phones. */
export function Drawer(props: Props): ReactNode {
  return (
    <Frame
      {...props}
      className="fixed inset-y-0 right-0 z-50 flex w-full max-w-2xl animate-drawer flex-col border-l bg-surface shadow-float outline-none"
    />
  );
}

/** A question in the middle of the page. */
export function Modal(props: Props): ReactNode {
  return (
    <Frame
      {...props}
      className="fixed top-[12vh] left-1/2 z-50 flex max-h-[76vh] w-[calc(100%-2rem)] max-w-md -translate-x-1/2 flex-col rounded-lg border bg-surface shadow-float outline-none"
    />
  );
}

// The list of keys, from the same list of pages that the shortcuts use.
"use client";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { Modal } from "../../_ui/drawer.tsx";
import { usePages } from "./rail.tsx";

function Keys({ of }: { of: string[] }): ReactNode {
  return (
    <span className="flex gap-1">
      {of.map((key) => (
        <kbd key={key} className="min-w-6 rounded-sm border border-line-strong px-1.5 text-center font-sans text-xs">
          {key}
        </kbd>
      ))}
    </span>
  );
}

export function KeysHelp({ open, onClose }: { open: boolean; onClose: () => void }): ReactNode {
  const t = useTranslations();
  const shown = usePages();
  const rows = [
    { keys: ["⌘", "K"], label: t("keys.palette") },
    { keys: ["/"], label: t("keys.filter") },
    { keys: ["j", "k"], label: t("keys.move") },
    { keys: ["x"], label: t("keys.pick") },
    { keys: ["Enter"], label: t("keys.open") },
    { keys: ["p"], label: t("keys.pause") },
    { keys: ["Esc"], label: t("keys.close") },
    ...shown.map((page) => ({ keys: ["g", page.key], label: t(`nav.${page.id}`) })),
    { keys: ["?"], label: t("keys.help") },
  ];
  return (
    <Modal title={t("keys.title")} open={open} onClose={onClose}>
      <ul className="flex flex-col gap-2">
        {rows.map((row) => (
          <li key={row.label} className="flex items-center justify-between gap-4">
            <span>{row.label}</span>
            <Keys of={row.keys} />
          </li>
        ))}
      </ul>
    </Modal>
  );
}

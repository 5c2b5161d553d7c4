// ⌘K: nodes, incidents, findings, checks, containers, pages and actions in one box.
"use client";
import { Command } from "cmdk";
import { useRouter } from "next/navigation";
import { useLocale, useTranslations } from "next-intl";
import { Dialog } from "radix-ui";
import { type ReactNode, useEffect, useState } from "react";
import { applyTheme, rememberLocale, themes } from "../../_lib/preferences.ts";
import { useSettled } from "../../_lib/use-settled.ts";
import { useHits } from "./palette-hits.tsx";
import { PageIcon, usePages } from "./rail.tsx";
import { signOut } from "./sign-out.ts";

/** Pause after the last key before the server searches, ms. */
const TYPING_MS = 120;

const itemClass =
  "flex min-h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5 data-[selected=true]:bg-accent-soft data-[selected=true]:text-accent";
const groupClass =
  "[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-muted [&_[cmdk-group-heading]]:text-xs";

export function CommandPalette({
  open,
  onOpenChange,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}): ReactNode {
  const t = useTranslations();
  const locale = useLocale();
  const router = useRouter();
  const shown = usePages();
  const [search, setSearch] = useState("");
  const query = search.trim();
  const groups = useHits(useSettled(query, TYPING_MS), open);
  useEffect(() => {
    if (!open) setSearch("");
  }, [open]);

  const matches = (label: string): boolean => label.toLowerCase().includes(query.toLowerCase());
  const run = (act: () => void) => (): void => {
    onOpenChange(false);
    act();
  };
  const actions = [
    ...themes.map((theme) => ({ label: t(`palette.theme.${theme}`), act: () => applyTheme(theme) })),
    {
      label: locale === "en" ? "切换到简体中文" : "Switch to English",
      act: () => {
        rememberLocale(locale === "en" ? "zh" : "en");
        router.refresh();
      },
    },
    { label: t("shell.signOut"), act: () => void signOut() },
  ].filter((action) => query !== "" && matches(action.label));
  const foundPages = shown.filter((page) => matches(t(`nav.${page.id}`)));
  const withHits = query !== "";

  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 animate-fade bg-black/30" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-[10vh] left-1/2 z-50 w-[calc(100%-1.5rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-lg border bg-surface shadow-float outline-none"
        >
          <Dialog.Title className="sr-only">{t("palette.title")}</Dialog.Title>
          <Command shouldFilter={false} label={t("palette.title")} loop>
            <Command.Input
              value={search}
              onValueChange={setSearch}
              placeholder={t("palette.placeholder")}
              className="h-12 w-full border-b bg-transparent px-4 text-base outline-none placeholder:text-muted"
            />
            <Command.List className="max-h-[60vh] overflow-y-auto p-1.5" aria-label={t("palette.results")}>
              <Command.Empty className="px-3 py-6 text-center text-muted">
                {t("palette.nothing", { search: query })}
              </Command.Empty>
              {withHits &&
                groups
                  .filter((group) => group.hits.length > 0)
                  .map((group) => (
                    <Command.Group key={group.heading} heading={group.heading} className={groupClass}>
                      {group.hits.map((hit) => (
                        <Command.Item
                          key={hit.key}
                          value={hit.key}
                          className={itemClass}
                          onSelect={run(() => router.push(hit.href))}
                        >
                          {hit.lead}
                          <span className="truncate">{hit.label}</span>
                          <span className="ml-auto truncate text-muted text-xs">{hit.note}</span>
                        </Command.Item>
                      ))}
                    </Command.Group>
                  ))}
              {foundPages.length > 0 && (
                <Command.Group heading={t("palette.pages")} className={groupClass}>
                  {foundPages.map((page) => (
                    <Command.Item
                      key={page.id}
                      value={`page ${page.id}`}
                      className={itemClass}
                      onSelect={run(() => router.push(page.href))}
                    >
                      <PageIcon id={page.id} />
                      {t(`nav.${page.id}`)}
                      <span className="ml-auto text-muted text-xs">g {page.key}</span>
                    </Command.Item>
                  ))}
                </Command.Group>
              )}
              {actions.length > 0 && (
                <Command.Group heading={t("palette.actions")} className={groupClass}>
                  {actions.map((action) => (
                    <Command.Item
                      key={action.label}
                      value={`action ${action.label}`}
                      className={itemClass}
                      onSelect={run(action.act)}
                    >
                      {action.label}
                    </Command.Item>
                  ))}
                </Command.Group>
              )}
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

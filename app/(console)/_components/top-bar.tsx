// Top bar: search, how current the page is, who is signed in.
"use client";
import { CircleHelp, LogOut, Menu, Search, UserRound } from "lucide-react";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { age } from "../../_lib/format.ts";
import { useMe } from "../../_lib/use-me.ts";
import { useNow } from "../../_lib/use-now.ts";
import { useLive } from "../../_trpc/live.tsx";
import { Button } from "../../_ui/button.tsx";
import { cn } from "../../_ui/cn.ts";
import { StateShape } from "../../_ui/state-badge.tsx";
import { FreezeButton } from "./freeze.tsx";
import { signOut } from "./sign-out.ts";

function LiveIndicator(): ReactNode {
  const t = useTranslations("shell");
  const locale = useLocale();
  const { status, since } = useLive();
  const now = useNow();
  const isLive = status === "live";
  const text = isLive
    ? t("live")
    : status === "connecting"
      ? t("connecting")
      : t("reconnecting", { age: age(now - since, locale) });
  return (
    <span
      role="status"
      data-live={status}
      title={status === "polling" ? t("pollingHint") : t("liveHint")}
      className={cn(
        "inline-flex items-center gap-1.5 whitespace-nowrap text-xs",
        isLive ? "text-muted" : "text-degraded",
      )}
    >
      <StateShape
        look={isLive ? { tone: "healthy", shape: "circle" } : { tone: "degraded", shape: "dotted" }}
        className="size-2.5"
      />
      <span className={isLive ? "max-sm:sr-only" : undefined}>{text}</span>
    </span>
  );
}

function UserMenu(): ReactNode {
  const t = useTranslations("shell");
  const me = useMe();
  const item = "flex h-8 cursor-pointer items-center gap-2 rounded-sm px-2 outline-none data-[highlighted]:bg-sunken";
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <Button look="ghost" size="icon" aria-label={t("account")}>
          <UserRound aria-hidden />
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={4}
          className="z-50 min-w-52 animate-fade rounded-md border bg-surface p-1 shadow-float"
        >
          {me && (
            <div className="mb-1 border-b px-2 py-1.5">
              <p className="font-medium">{me.name}</p>
              <p className="text-muted text-xs">
                {me.email} · {me.role ? t(`role.${me.role}`) : t("noRole")}
              </p>
            </div>
          )}
          <DropdownMenu.Item asChild className={item}>
            <Link href="/account">{t("myAccount")}</Link>
          </DropdownMenu.Item>
          <DropdownMenu.Item asChild className={item}>
            <Link href="/settings">{t("settings")}</Link>
          </DropdownMenu.Item>
          <DropdownMenu.Item className={item} onSelect={() => void signOut()}>
            <LogOut aria-hidden className="size-3.5" /> {t("signOut")}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

export function TopBar(props: { onSearch: () => void; onMenu: () => void; onHelp: () => void }): ReactNode {
  const t = useTranslations("shell");
  return (
    <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b bg-surface px-3 sm:px-6">
      <Button look="ghost" size="icon" className="md:hidden" aria-label={t("openMenu")} onClick={props.onMenu}>
        <Menu aria-hidden />
      </Button>
      <button
        type="button"
        onClick={props.onSearch}
        className="flex h-8 min-w-0 flex-1 items-center gap-2 rounded-md border border-line-strong bg-bg px-2.5 text-left text-muted hover:border-muted sm:max-w-96"
      >
        <Search aria-hidden className="size-4 shrink-0" />
        <span className="flex-1 truncate">{t("search")}</span>
        <kbd className="rounded-sm border px-1 font-sans text-xs max-sm:hidden">⌘K</kbd>
      </button>
      <div className="ml-auto flex items-center gap-1.5">
        <LiveIndicator />
        <FreezeButton />
        <Button
          look="ghost"
          size="icon"
          aria-label={t("help")}
          title={`${t("help")} (?)`}
          className="max-sm:hidden"
          onClick={props.onHelp}
        >
          <CircleHelp aria-hidden />
        </Button>
        <UserMenu />
      </div>
    </header>
  );
}

// The frame: rail, top bar, palette, shortcuts, live link. Pages stand in its main part.
"use client";
import { usePathname } from "next/navigation";
import { useTranslations } from "next-intl";
import { type ReactNode, useEffect, useState } from "react";
import { Toaster } from "sonner";
import { LiveProvider } from "../../_trpc/live.tsx";
import { BreakGlassBanner } from "./break-glass-banner.tsx";
import { CommandPalette } from "./command-palette.tsx";
import { FreezeBanner } from "./freeze.tsx";
import { KeysHelp } from "./keys-help.tsx";
import { PhoneNav, Rail } from "./rail.tsx";
import { RolloutBar } from "./rollout-bar.tsx";
import { TopBar } from "./top-bar.tsx";
import { useOwnPasswordFirst } from "./use-own-password-first.ts";
import { useShortcuts } from "./use-shortcuts.ts";

export function Shell({ children }: { children: ReactNode }): ReactNode {
  const t = useTranslations("shell");
  const path = usePathname();
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [isPhoneNavOpen, setPhoneNavOpen] = useState(false);
  useOwnPasswordFirst();
  useShortcuts({ openPalette: () => setPaletteOpen(true), openHelp: () => setHelpOpen(true) });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the drawer closes whenever the page changes.
  useEffect(() => setPhoneNavOpen(false), [path]);
  return (
    <LiveProvider>
      <a
        href="#main"
        className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        {t("skip")}
      </a>
      <div className="flex min-h-dvh">
        <Rail />
        <PhoneNav open={isPhoneNavOpen} onClose={() => setPhoneNavOpen(false)} />
        <div className="flex min-w-0 flex-1 flex-col">
          <BreakGlassBanner />
          <FreezeBanner />
          <TopBar
            onSearch={() => setPaletteOpen(true)}
            onMenu={() => setPhoneNavOpen(true)}
            onHelp={() => setHelpOpen(true)}
          />
          <RolloutBar />
          <main
            id="main"
            tabIndex={-1}
            className="mx-auto w-full max-w-[1600px] flex-1 px-4 pt-4 pb-16 outline-none sm:px-6"
          >
            {children}
          </main>
        </div>
      </div>
      <CommandPalette open={isPaletteOpen} onOpenChange={setPaletteOpen} />
      <KeysHelp open={isHelpOpen} onClose={() => setHelpOpen(false)} />
      <Toaster
        position="bottom-right"
        duration={5_000}
        toastOptions={{
          unstyled: true,
          classNames: {
            toast: "flex w-full items-start gap-2 rounded-md border bg-surface p-3 text-sm shadow-float",
            description: "text-muted",
            error: "border-unhealthy/60",
          },
        }}
      />
    </LiveProvider>
  );
}

// Left rail: the pages, collapsible to icons; a drawer on phones.
"use client";
import {
  BookOpen,
  Box,
  ChevronsLeft,
  ChevronsRight,
  ClipboardList,
  Layers,
  LayoutGrid,
  ListChecks,
  type LucideIcon,
  Plus,
  Radar,
  Scale,
  ScrollText,
  Server,
  Settings,
  ShieldCheck,
  SquareTerminal,
  Stethoscope,
  TriangleAlert,
  UserRound,
  UsersRound,
  Waves,
  Wrench,
} from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useTranslations } from "next-intl";
import { Dialog } from "radix-ui";
import { type ReactNode, useEffect, useState } from "react";
import { useMe } from "../../_lib/use-me.ts";
import { cn } from "../../_ui/cn.ts";
import { type Page, pageOf, pages } from "../../_ui/nav.ts";
import { Mark } from "./mark.tsx";

const icons: Record<Page["id"], LucideIcon> = {
  overview: LayoutGrid,
  nodes: Server,
  incidents: Layers,
  knowledge: BookOpen,
  diagnose: Stethoscope,
  findings: TriangleAlert,
  repairs: Wrench,
  rollouts: Waves,
  budget: Scale,
  approvals: ShieldCheck,
  containers: Box,
  checks: ListChecks,
  patrols: Radar,
  addNode: Plus,
  shells: SquareTerminal,
  audit: ScrollText,
  people: UsersRound,
  account: UserRound,
  settings: Settings,
};

/** Icon of a page, for rail and palette. */
export function PageIcon({ id, className }: { id: Page["id"]; className?: string }): ReactNode {
  const Icon = icons[id] ?? ClipboardList;
  return <Icon aria-hidden className={cn("size-4 shrink-0", className)} />;
}

/** Pages that the signed-in person may open. */
export function usePages(): readonly Page[] {
  const permissions = useMe()?.permissions;
  return pages.filter((page) => !page.needs || permissions?.includes(page.needs));
}

function Links({ isNarrow }: { isNarrow: boolean }): ReactNode {
  const t = useTranslations("nav");
  const shown = usePages();
  const active = pageOf(usePathname())?.id;
  return (["fleet", "admin"] as const).map((group) => (
    <ul key={group} className="flex flex-col gap-0.5 px-2 py-2 not-first:border-t">
      {shown
        .filter((page) => page.group === group)
        .map((page) => (
          <li key={page.id}>
            <Link
              href={page.href}
              aria-current={active === page.id ? "page" : undefined}
              aria-label={isNarrow ? t(page.id) : undefined}
              title={isNarrow ? t(page.id) : undefined}
              className={cn(
                "flex h-8 items-center gap-2.5 rounded-md px-2.5 text-muted hover:bg-sunken hover:text-text",
                active === page.id && "bg-accent-soft font-medium text-accent hover:bg-accent-soft hover:text-accent",
              )}
            >
              <PageIcon id={page.id} />
              {!isNarrow && t(page.id)}
            </Link>
          </li>
        ))}
    </ul>
  ));
}

const NARROW_KEY = "nodeops-rail-narrow";

/** The rail of wide screens; whether it is collapsed stays in this browser. */
export function Rail(): ReactNode {
  const t = useTranslations("shell");
  const [isNarrow, setNarrow] = useState(false);
  useEffect(() => setNarrow(localStorage.getItem(NARROW_KEY) === "1"), []);
  const toggle = (): void => {
    localStorage.setItem(NARROW_KEY, isNarrow ? "0" : "1");
    setNarrow(!isNarrow);
  };
  return (
    <nav
      aria-label={t("pages")}
      className={cn(
        "sticky top-0 hidden h-dvh shrink-0 flex-col border-r bg-surface md:flex",
        isNarrow ? "w-13" : "w-48",
      )}
    >
      <Link href="/" className="flex h-12 items-center gap-2 px-3.5 font-semibold" aria-label="NodeOps Center">
        <Mark />
        {!isNarrow && <span>NodeOps</span>}
      </Link>
      <div className="flex-1 overflow-y-auto">
        <Links isNarrow={isNarrow} />
      </div>
      <button
        type="button"
        onClick={toggle}
        aria-label={isNarrow ? t("expandRail") : t("collapseRail")}
        className="m-2 flex h-8 items-center rounded-md px-2.5 text-muted hover:bg-sunken hover:text-text"
      >
        {isNarrow ? <ChevronsRight aria-hidden className="size-4" /> : <ChevronsLeft aria-hidden className="size-4" />}
      </button>
    </nav>
  );
}

/** The same pages as a drawer from the left. */
export function PhoneNav({ open, onClose }: { open: boolean; onClose: () => void }): ReactNode {
  const t = useTranslations("shell");
  return (
    <Dialog.Root open={open} onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 animate-fade bg-black/30 md:hidden" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-y-0 left-0 z-50 w-60 animate-fade overflow-y-auto border-r bg-surface outline-none md:hidden"
        >
          <Dialog.Title className="flex h-12 items-center gap-2 px-3.5 font-semibold">
            <Mark /> NodeOps <span className="sr-only">{t("pages")}</span>
          </Dialog.Title>
          <Links isNarrow={false} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

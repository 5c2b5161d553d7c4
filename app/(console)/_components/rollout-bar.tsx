// Rollouts that go on, on every screen in one line: the one that needs a person first, with the buttons that stop harm and a menu of all acts.
"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { RolloutRow } from "../../../server/rollouts/schema.ts";
import { useCan } from "../../_lib/use-me.ts";
import { useText } from "../../_lib/use-text.ts";
import { useTRPC } from "../../_trpc/client.ts";
import { SteerButton } from "../../_ui/rollout-actions.tsx";
import { RolloutBadge } from "../../_ui/rollout-badge.tsx";
import { isActive } from "../../_ui/rollout-look.ts";
import { RolloutMenu } from "../../_ui/rollout-menu.tsx";

/** Read this often even without hints while something goes on, ms. */
const REREAD_MS = 15_000;

const urgency: Partial<Record<RolloutRow["phase"], number>> = { halted: 3, "rolling-back": 2, paused: 1 };

/** Those that go on, most urgent first. */
export function useActiveRollouts(): RolloutRow[] {
  const trpc = useTRPC();
  const mayRead = useCan("rollouts:read");
  const list = useQuery(
    trpc.rollouts.list.queryOptions(
      { state: "active", pageSize: 20 },
      { enabled: mayRead, refetchInterval: ({ state }) => ((state.data?.total ?? 0) > 0 ? REREAD_MS : false) },
    ),
  );
  return (list.data?.rows ?? [])
    .filter(({ phase }) => isActive(phase))
    .sort((a, b) => (urgency[b.phase] ?? 0) - (urgency[a.phase] ?? 0));
}

export function RolloutBar(): ReactNode {
  const t = useTranslations("rollouts");
  const text = useText();
  const mayRun = useCan("rollouts:run");
  const active = useActiveRollouts();
  // A rollout's own page says all this itself.
  const path = usePathname();
  const shown = active.filter(({ id }) => path !== `/rollouts/${id}`);
  const [first] = shown;
  if (!first) return null;
  const title = first.title || text(first.summary);
  const canStop = first.phase === "running" || first.phase === "rolling-back";
  const canGoBack = first.phase !== "rolling-back";
  return (
    <section
      aria-label={t("activeBar")}
      className="flex h-9 items-center gap-x-3 overflow-hidden border-b bg-surface px-4 sm:px-6"
    >
      <Link href={`/rollouts/${first.id}`} className="min-w-0 max-w-80 truncate font-medium hover:underline">
        {title}
      </Link>
      <span role="status" className="shrink-0">
        <RolloutBadge rollout={first} isShort />
      </span>
      <span className="min-w-0 flex-1 truncate text-muted max-md:hidden" title={text(first.why)}>
        {text(first.why)}
      </span>
      <span className="ml-auto flex shrink-0 items-center gap-2">
        {shown.length > 1 && (
          <Link href="/rollouts?state=active" className="text-muted underline max-sm:hidden">
            {t("andMore", { count: shown.length - 1 })}
          </Link>
        )}
        {mayRun && canStop && <SteerButton size="small" id={first.id} title={title} act="pause" can why="" />}
        {mayRun && canGoBack && (
          <span className="max-md:hidden">
            <SteerButton size="small" id={first.id} title={title} act="rollBack" can why="" />
          </span>
        )}
        {mayRun && <RolloutMenu id={first.id} title={title} />}
      </span>
    </section>
  );
}

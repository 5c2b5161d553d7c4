// Repairs that run now, else the last ones that ended.
"use client";
import Link from "next/link";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { RepairRow } from "../../../../server/repairs/schema.ts";
import { useText } from "../../../_lib/use-text.ts";
import { Panel, Section } from "../../../_ui/page-parts.tsx";
import { RepairProgress } from "../../../_ui/repair-progress.tsx";
import { RelativeTime } from "../../../_ui/values.tsx";

function Row({ repair }: { repair: RepairRow }): ReactNode {
  const text = useText();
  return (
    <li data-row className="flex flex-col gap-0.5 border-b px-3 py-2 last:border-b-0 hover:bg-sunken/70">
      <div className="flex items-baseline gap-2">
        <Link href={`/repairs/${repair.id}`} className="min-w-0 flex-1 truncate font-medium hover:underline">
          {text(repair.title)}
        </Link>
        <RelativeTime at={repair.endedAt ?? repair.createdAt} className="text-muted text-xs" />
      </div>
      <div className="flex items-center gap-2">
        <RepairProgress repair={repair} />
        <span className="min-w-0 flex-1 truncate text-right text-muted text-xs">{repair.nodeName}</span>
      </div>
    </li>
  );
}

export function RepairFeed({ active, recent }: { active: RepairRow[]; recent: RepairRow[] }): ReactNode {
  const t = useTranslations("overview");
  const shown = active.length > 0 ? active : recent;
  return (
    <Section title={active.length > 0 ? t("runningRepairs") : t("recentRepairs")}>
      <Panel>
        {shown.length === 0 ? (
          <p className="px-3 py-4 text-muted">{t("noRepairs")}</p>
        ) : (
          <ul>
            {shown.slice(0, 6).map((repair) => (
              <Row key={repair.id} repair={repair} />
            ))}
          </ul>
        )}
      </Panel>
    </Section>
  );
}

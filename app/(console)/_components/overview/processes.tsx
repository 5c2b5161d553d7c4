// The console looks at itself: its own processes and when each was last heard.
"use client";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { Overview } from "../../../../server/overview/schema.ts";
import { Panel, Section } from "../../../_ui/page-parts.tsx";
import type { Look } from "../../../_ui/state.ts";
import { StateBadge } from "../../../_ui/state-badge.tsx";
import { RelativeTime } from "../../../_ui/values.tsx";

const looks: Record<"ok" | "late" | "missing", Look> = {
  ok: { tone: "healthy", shape: "circle" },
  late: { tone: "degraded", shape: "triangle" },
  missing: { tone: "unhealthy", shape: "square" },
};

export function Processes({ processes }: { processes: Overview["processes"] }): ReactNode {
  const t = useTranslations("overview");
  return (
    <Section title={t("console")}>
      <Panel>
        <ul>
          {processes.map((process) => (
            <li key={process.name} className="flex items-center gap-3 border-b px-3 py-1.5 last:border-b-0">
              <span className="flex-1">{process.name}</span>
              {process.beatAt && <RelativeTime at={process.beatAt} className="text-muted text-xs" />}
              <StateBadge look={looks[process.state]} label={t(`process.${process.state}`)} />
            </li>
          ))}
        </ul>
      </Panel>
    </Section>
  );
}

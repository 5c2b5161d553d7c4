// Many nodes silent at once: the console says that it takes this for a fault of its own, and what it leaves undone meanwhile.
"use client";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { Overview } from "../../../../server/overview/schema.ts";
import { Panel } from "../../../_ui/page-parts.tsx";
import { StateBadge } from "../../../_ui/state-badge.tsx";
import { RelativeTime } from "../../../_ui/values.tsx";

export function Silence({ silence }: { silence: Overview["silence"] }): ReactNode {
  const t = useTranslations("overview");
  if (!silence) return null;
  const { since, missing, known } = silence;
  return (
    <Panel className="mb-5">
      <div role="alert" className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3">
        <StateBadge look={{ tone: "unhealthy", shape: "square" }} label={t("silence.title", { missing, known })} />
        <RelativeTime at={since} className="text-muted text-xs" />
        <p className="basis-full text-muted">{t("silence.text")}</p>
      </div>
    </Panel>
  );
}

// Whose it is to end, by shape, colour and word.
"use client";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { Side } from "../../../../diagnosis/cause.ts";
import type { Look } from "../../../_ui/state.ts";
import { StateBadge } from "../../../_ui/state-badge.tsx";

const looks: Record<Side, Look> = {
  yours: { tone: "accent", shape: "circle" },
  ours: { tone: "degraded", shape: "square" },
  either: { tone: "unknown", shape: "diamond" },
};

export function SideBadge({ side }: { side: Side }): ReactNode {
  const t = useTranslations("knowledge");
  return <StateBadge look={looks[side]} label={t(`sides.${side}`)} />;
}

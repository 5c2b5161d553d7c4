// How much a repair touches, in a word.
"use client";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { Risk } from "../../repairs/define.ts";
import type { Look } from "./state.ts";
import { StateBadge } from "./state-badge.tsx";

const looks: Record<Risk, Look> = {
  safe: { tone: "healthy", shape: "circle" },
  disruptive: { tone: "degraded", shape: "triangle" },
  destructive: { tone: "unhealthy", shape: "square" },
};

export function RiskBadge({ risk }: { risk: Risk }): ReactNode {
  const t = useTranslations("risk");
  return (
    <span title={t(`${risk}Hint`)} className="text-xs">
      <StateBadge look={looks[risk]} label={t(risk)} />
    </span>
  );
}

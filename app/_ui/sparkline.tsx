// A line the size of a word. Its meaning must stand in text beside it.
import type { ReactNode } from "react";
import { sparkPath } from "./series.ts";

/** @param label what it shows, for screen readers and on hover */
export function Sparkline({ values, label }: { values: number[]; label: string }): ReactNode {
  const path = sparkPath(values, 72, 16);
  if (!path) return null;
  return (
    <svg viewBox="-1 -1 74 18" role="img" aria-label={label} className="h-4.5 w-18 shrink-0 text-muted">
      <title>{label}</title>
      <path d={path} fill="none" stroke="currentColor" strokeWidth="1.25" strokeLinejoin="round" />
    </svg>
  );
}

// How far a long act is, with an honest number beside it.
"use client";
import { useLocale } from "next-intl";
import type { ReactNode } from "react";
import { count } from "../_lib/format.ts";
import { cn } from "./cn.ts";

/** @param label what is under way, for screen readers */
export function ProgressBar(props: { label: string; done: number; total: number; className?: string }): ReactNode {
  const { done, total } = props;
  const locale = useLocale();
  return (
    <span className={cn("inline-flex items-center gap-2", props.className)}>
      <progress
        aria-label={props.label}
        value={done}
        max={Math.max(1, total)}
        className="h-1.5 w-24 overflow-hidden rounded-full [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-accent"
      />
      <span className="tabular whitespace-nowrap text-muted text-xs">
        {count(done, locale)} / {count(total, locale)}
      </span>
    </span>
  );
}

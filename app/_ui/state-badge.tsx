// A state as people see it: shape, colour and word.
import type { ReactNode } from "react";
import { cn } from "./cn.ts";
import { type Look, type Shape, toneText } from "./state.ts";

const paths: Record<Shape, ReactNode> = {
  circle: <circle cx="6" cy="6" r="4.5" fill="currentColor" />,
  triangle: <path d="M6 1.2 11.3 10.6H.7z" fill="currentColor" />,
  square: <rect x="1.6" y="1.6" width="8.8" height="8.8" rx="1" fill="currentColor" />,
  dotted: <circle cx="6" cy="6" r="4.4" fill="none" stroke="currentColor" strokeWidth="1.7" strokeDasharray="2 1.45" />,
  diamond: <path d="M6 1.1 10.9 6 6 10.9 1.1 6z" fill="none" stroke="currentColor" strokeWidth="1.5" />,
  pause: (
    <>
      <rect x="2.2" y="1.8" width="2.7" height="8.4" rx=".6" fill="currentColor" />
      <rect x="7.1" y="1.8" width="2.7" height="8.4" rx=".6" fill="currentColor" />
    </>
  ),
  progress: (
    <>
      <circle cx="6" cy="6" r="4.4" fill="none" stroke="currentColor" strokeWidth="1.5" opacity=".35" />
      <path d="M6 1.6A4.4 4.4 0 0 1 10.4 6" fill="none" stroke="currentColor" strokeWidth="1.7" strokeLinecap="round" />
    </>
  ),
};

/** The shape alone; give it a name elsewhere. */
export function StateShape({ look, className }: { look: Look; className?: string }): ReactNode {
  return (
    <svg viewBox="0 0 12 12" aria-hidden="true" className={cn("size-3 shrink-0", toneText[look.tone], className)}>
      {paths[look.shape]}
    </svg>
  );
}

/** Shape and word. */
export function StateBadge({ look, label, className }: { look: Look; label: string; className?: string }): ReactNode {
  return (
    <span
      className={cn("inline-flex items-center gap-1.5 whitespace-nowrap font-medium", toneText[look.tone], className)}
    >
      <StateShape look={look} />
      <span className="self-baseline">{label}</span>
    </span>
  );
}

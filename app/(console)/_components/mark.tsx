// The product's mark: the three shapes of a state.
import type { ReactNode } from "react";

export function Mark({ className = "size-6" }: { className?: string }): ReactNode {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={className}>
      <rect width="32" height="32" rx="7" fill="var(--c-accent)" />
      <g fill="var(--c-on-accent)">
        <circle cx="10" cy="10" r="3.4" />
        <circle cx="22" cy="22" r="3.4" />
        <path d="M22 6.6l3.6 6.4h-7.2z" />
        <rect x="6.9" y="18.9" width="6.2" height="6.2" rx=".8" />
      </g>
    </svg>
  );
}

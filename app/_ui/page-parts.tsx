// Parts that pages are made of: header, section, key figures.
import Link from "next/link";
import type { ReactNode } from "react";
import { cn } from "./cn.ts";

/** Title line of a page: where it lies, its name, what can be done. */
export function PageHeader(props: {
  title: ReactNode;
  up?: { href: string; label: string };
  lead?: ReactNode;
  actions?: ReactNode;
}): ReactNode {
  return (
    <header className="mb-4 flex flex-wrap items-end gap-x-4 gap-y-2">
      <div className="min-w-0 flex-1 basis-64">
        {props.up && (
          <nav aria-label={props.up.label} className="mb-0.5 text-muted text-xs">
            <Link href={props.up.href} className="hover:text-text hover:underline">
              <span aria-hidden>‹ </span>
              {props.up.label}
            </Link>
          </nav>
        )}
        <h1 className="break-words font-semibold text-xl tracking-tight">{props.title}</h1>
        {props.lead && <div className="mt-0.5 text-muted">{props.lead}</div>}
      </div>
      {props.actions && <div className="flex flex-wrap items-center gap-2">{props.actions}</div>}
    </header>
  );
}

/** A titled part of a page. */
export function Section(props: {
  title: ReactNode;
  note?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
}): ReactNode {
  return (
    <section className={cn("min-w-0", props.className)}>
      <div className="mb-2 flex min-h-8 flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="font-semibold text-sm">{props.title}</h2>
        {props.note && <span className="text-muted text-xs">{props.note}</span>}
        {props.actions && <div className="ml-auto flex items-center gap-2">{props.actions}</div>}
      </div>
      {props.children}
    </section>
  );
}

/** A bordered surface; never put one into another. */
export function Panel({ children, className }: { children: ReactNode; className?: string }): ReactNode {
  return <div className={cn("min-w-0 rounded-md border bg-surface", className)}>{children}</div>;
}

/** Pairs of name and value. Empty values are left out. */
export function Facts({
  items,
  className,
}: {
  items: { label: string; value: ReactNode }[];
  className?: string;
}): ReactNode {
  const shown = items.filter((item) => item.value !== null && item.value !== undefined && item.value !== "");
  return (
    <dl className={cn("grid grid-cols-[repeat(auto-fill,minmax(9rem,1fr))] gap-x-6 gap-y-2", className)}>
      {shown.map((item) => (
        <div key={item.label} className="min-w-0">
          <dt className="text-muted text-xs">{item.label}</dt>
          <dd className="break-words">{item.value}</dd>
        </div>
      ))}
    </dl>
  );
}

// What a page says when it has nothing, not yet, or no answer: empty states teach the next step, errors offer a retry and the request id.
"use client";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useNow } from "../_lib/use-now.ts";
import { readError } from "../_trpc/errors.ts";
import { Button, ButtonLink } from "./button.tsx";
import { cn } from "./cn.ts";
import { CopyId, RelativeTime } from "./values.tsx";

/** A grey block of the size of what is coming. */
export function Skeleton({ className }: { className?: string }): ReactNode {
  return <div aria-hidden className={cn("animate-pulse rounded-sm bg-sunken", className)} />;
}

/** Lines in the place of a table. */
export function TableSkeleton({ rows = 8 }: { rows?: number }): ReactNode {
  const widths = ["w-1/3", "w-1/2", "w-2/5", "w-3/5"];
  return (
    <div aria-hidden className="flex flex-col">
      {Array.from({ length: rows }, (_, i) => i).map((row) => (
        <div key={row} className="flex h-9 items-center gap-6 border-b px-3">
          <Skeleton className="h-3 w-24" />
          <Skeleton className={cn("h-3", widths[row % widths.length])} />
          <Skeleton className="ml-auto h-3 w-14" />
        </div>
      ))}
    </div>
  );
}

/** Nothing here: what that means, and the next step. */
export function EmptyState(props: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
}): ReactNode {
  return (
    <div className={cn("flex flex-col items-center gap-2 px-6 py-12 text-center", props.className)}>
      <p className="font-medium">{props.title}</p>
      {props.children && <div className="max-w-[60ch] text-muted">{props.children}</div>}
      {props.action && <div className="mt-2">{props.action}</div>}
    </div>
  );
}

/** A failed read with what failed, a retry and the id that finds it in the logs. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }): ReactNode {
  const t = useTranslations("errors");
  const { message, code, requestId } = readError(error);
  const title =
    code === "NOT_FOUND"
      ? t("notFound")
      : code === "FORBIDDEN"
        ? t("forbidden")
        : code
          ? t("failed")
          : t("unreachable");
  return (
    <div role="alert" className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      <p className="font-medium">{title}</p>
      {code && message && <p className="max-w-[60ch] text-muted">{message}</p>}
      {requestId && (
        <p className="flex items-center gap-1 text-muted text-xs">
          {t("requestId")} <CopyId id={requestId} full />
        </p>
      )}
      <div className="mt-2 flex gap-2">
        {onRetry && code !== "NOT_FOUND" && code !== "FORBIDDEN" && <Button onClick={onRetry}>{t("retry")}</Button>}
        {(code === "NOT_FOUND" || code === "FORBIDDEN") && <ButtonLink href="/">{t("toOverview")}</ButtonLink>}
      </div>
    </div>
  );
}

/** Data older than this while its renewal fails is called stale, ms. */
const STALE_AFTER_MS = 20_000;

type Readable<T> = { data: T | undefined; error: unknown; dataUpdatedAt: number; refetch: () => Promise<unknown> };

/** A query's result, or its skeleton, or its error; old data stays visible and is marked with its age. */
export function QueryView<T>(props: {
  query: Readable<T>;
  skeleton: ReactNode;
  children: (data: T) => ReactNode;
}): ReactNode {
  const { query, skeleton, children } = props;
  const t = useTranslations("errors");
  const now = useNow();
  if (query.data === undefined) {
    if (query.error) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
    return (
      <div role="status">
        <span className="sr-only">{t("loading")}</span>
        {skeleton}
      </div>
    );
  }
  const isStale = query.error !== null && now - query.dataUpdatedAt > STALE_AFTER_MS;
  return (
    <>
      {isStale && (
        <p
          role="status"
          className="mb-3 flex flex-wrap items-center gap-2 rounded-md border border-degraded/50 px-3 py-1.5 text-degraded"
        >
          {t("stale")} <RelativeTime at={new Date(query.dataUpdatedAt)} />
          <Button size="small" look="ghost" onClick={() => void query.refetch()}>
            {t("retry")}
          </Button>
        </p>
      )}
      {children(query.data)}
    </>
  );
}

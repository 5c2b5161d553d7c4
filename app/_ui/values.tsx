// Small values inside text and tables: relative times, quantities with light units, ids with copy.
"use client";
import { Check, Copy } from "lucide-react";
import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { age, dateTime, type Quantity, shortId } from "../_lib/format.ts";
import { useNow } from "../_lib/use-now.ts";
import { cn } from "./cn.ts";

/** "4 min ago" (or "4 min" when `bare`), with the absolute time on hover. */
export function RelativeTime({ at, bare, className }: { at: Date; bare?: boolean; className?: string }): ReactNode {
  const locale = useLocale();
  const t = useTranslations("common");
  const now = useNow();
  const text = age(now - at.getTime(), locale);
  return (
    <time dateTime={at.toISOString()} title={dateTime(at, locale)} className={cn("whitespace-nowrap", className)}>
      {bare ? text : t("ago", { age: text })}
    </time>
  );
}

/** A number with its unit set lighter. */
export function Amount({ of, className }: { of: Quantity; className?: string }): ReactNode {
  return (
    <span className={cn("tabular whitespace-nowrap", className)}>
      {of.value}
      <span className="text-muted"> {of.unit}</span>
    </span>
  );
}

/** Puts text on the clipboard; without the clipboard API (plain http) through a hidden field. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

/** A button that copies `text` and says so. */
export function CopyButton({ text, label, className }: { text: string; label: string; className?: string }): ReactNode {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await copyText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <button
      type="button"
      onClick={() => void copy()}
      aria-label={label}
      title={label}
      className={cn(
        "inline-flex size-6 shrink-0 items-center justify-center rounded-sm text-muted hover:bg-sunken hover:text-text",
        className,
      )}
    >
      {isCopied ? <Check aria-hidden className="size-3.5 text-healthy" /> : <Copy aria-hidden className="size-3.5" />}
    </button>
  );
}

/** An id in mono, shortened, with the whole on hover and a copy button. */
export function CopyId({ id, full }: { id: string; full?: boolean }): ReactNode {
  const t = useTranslations("common");
  return (
    <span className="inline-flex items-center gap-0.5 font-mono text-xs">
      <span title={id} className={full ? "break-all" : undefined}>
        {full ? id : shortId(id)}
      </span>
      <CopyButton text={id} label={t("copyId", { id: shortId(id) })} />
    </span>
  );
}

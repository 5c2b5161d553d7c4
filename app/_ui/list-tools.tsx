// Tools above and below lists: search field, filter with counts, pages, export.
"use client";
import { ChevronDown, ChevronLeft, ChevronRight, Search, X } from "lucide-react";
import { useLocale, useTranslations } from "next-intl";
import { DropdownMenu } from "radix-ui";
import { type ReactNode, useEffect, useState } from "react";
import type { Facet } from "../../server/core/paging.ts";
import { count } from "../_lib/format.ts";
import { Button } from "./button.tsx";
import { cn } from "./cn.ts";

/** Pause after the last key before the list is read again, ms. */
const TYPING_MS = 250;

/** Search field of a list; `/` puts the cursor into it. */
export function SearchField(props: {
  value: string;
  onChange: (value: string) => void;
  label: string;
  className?: string;
}): ReactNode {
  const { value, onChange, label } = props;
  const t = useTranslations("common");
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <div className={cn("relative min-w-40 flex-1 max-sm:basis-full sm:max-w-80", props.className)}>
      <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-4 text-muted" />
      <input
        type="text"
        role="searchbox"
        data-filter
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => event.key === "Escape" && (text ? setText("") : event.currentTarget.blur())}
        aria-label={label}
        placeholder={label}
        spellCheck={false}
        className="h-8 w-full rounded-md border border-line-strong bg-surface pr-8 pl-8 placeholder:text-muted"
      />
      {text && (
        <button
          type="button"
          aria-label={t("clearSearch")}
          onClick={() => setText("")}
          className="absolute top-1 right-1 inline-flex size-6 items-center justify-center rounded-sm text-muted hover:text-text"
        >
          <X aria-hidden className="size-3.5" />
        </button>
      )}
    </div>
  );
}

/** A filter over one column: its values with how many rows have each. */
export function FacetMenu(props: {
  label: string;
  options: Facet[];
  value: string[];
  onChange: (value: string[]) => void;
  /** How a value is shown; itself when absent. */
  render?: (value: string) => ReactNode;
}): ReactNode {
  const { label, options, value, onChange, render } = props;
  const t = useTranslations("common");
  const locale = useLocale();
  // A chosen value stays in the menu even when no row has it any more: it must be possible to take it away.
  const shown = [
    ...options,
    ...value.filter((v) => !options.some((o) => o.value === v)).map((v) => ({ value: v, count: 0 })),
  ];
  const toggle = (one: string): void =>
    onChange(value.includes(one) ? value.filter((v) => v !== one) : [...value, one]);
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <Button className={value.length > 0 ? "border-accent text-accent" : undefined}>
          {label}
          {value.length > 0 && <span className="rounded-sm bg-accent px-1 text-on-accent text-xs">{value.length}</span>}
          <ChevronDown aria-hidden />
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="start"
          sideOffset={4}
          className="z-50 max-h-80 min-w-48 animate-fade overflow-y-auto rounded-md border bg-surface p-1 shadow-float"
        >
          {shown.length === 0 && <p className="px-2 py-1.5 text-muted">{t("noValues")}</p>}
          {shown.map((option) => (
            <DropdownMenu.CheckboxItem
              key={option.value}
              checked={value.includes(option.value)}
              onCheckedChange={() => toggle(option.value)}
              onSelect={(event) => event.preventDefault()}
              className="flex h-8 cursor-pointer select-none items-center gap-2 rounded-sm px-2 outline-none data-[highlighted]:bg-sunken"
            >
              <span
                aria-hidden
                className={cn(
                  "flex size-3.5 items-center justify-center rounded-[3px] border border-line-strong text-[10px]",
                  value.includes(option.value) && "border-accent bg-accent text-on-accent",
                )}
              >
                {value.includes(option.value) && "✓"}
              </span>
              <span className="min-w-0 flex-1 truncate">
                {render ? render(option.value) : option.value || t("none")}
              </span>
              <span className="text-muted">{count(option.count, locale)}</span>
            </DropdownMenu.CheckboxItem>
          ))}
          {value.length > 0 && (
            <DropdownMenu.Item
              onSelect={() => onChange([])}
              className="mt-1 flex h-8 cursor-pointer items-center rounded-sm border-t px-2 text-muted outline-none data-[highlighted]:bg-sunken"
            >
              {t("clearFilter")}
            </DropdownMenu.Item>
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** "1–50 of 1,204" with steps. Nothing for an empty list. */
export function Pager(props: {
  page: number;
  pageSize: number;
  total: number;
  onPage: (page: number) => void;
}): ReactNode {
  const { page, pageSize, total, onPage } = props;
  const t = useTranslations("common");
  const locale = useLocale();
  const first = total === 0 ? 0 : (page - 1) * pageSize + 1;
  const last = Math.min(page * pageSize, total);
  if (total === 0) return null;
  return (
    <nav aria-label={t("pages")} className="flex items-center justify-end gap-1 border-t px-3 py-1.5 text-muted">
      <span className="mr-1">
        {t("range", { first: count(first, locale), last: count(last, locale), total: count(total, locale) })}
      </span>
      <Button
        size="icon"
        look="ghost"
        className="size-7"
        aria-label={t("previousPage")}
        disabled={page <= 1}
        onClick={() => onPage(page - 1)}
      >
        <ChevronLeft aria-hidden />
      </Button>
      <Button
        size="icon"
        look="ghost"
        className="size-7"
        aria-label={t("nextPage")}
        disabled={last >= total}
        onClick={() => onPage(page + 1)}
      >
        <ChevronRight aria-hidden />
      </Button>
    </nav>
  );
}

/** A choice of a few, side by side. */
export function Segmented<V extends string>(props: {
  label: string;
  value: V;
  options: { value: V; label: string }[];
  onChange: (value: V) => void;
}): ReactNode {
  return (
    <fieldset className="inline-flex rounded-md border border-line-strong bg-surface p-0.5">
      <legend className="sr-only">{props.label}</legend>
      {props.options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === props.value}
          onClick={() => props.onChange(option.value)}
          className={cn(
            "h-6.5 whitespace-nowrap rounded-[4px] px-2.5 text-muted hover:text-text",
            option.value === props.value && "bg-sunken font-medium text-text",
          )}
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}

/** A choice of a few where room is short. */
export function Choice<V extends string>(props: {
  label: string;
  value: V;
  options: { value: V; label: string }[];
  onChange: (value: V) => void;
}): ReactNode {
  return (
    <select
      aria-label={props.label}
      value={props.value}
      onChange={(event) => {
        const chosen = props.options.find(({ value }) => value === event.target.value);
        if (chosen) props.onChange(chosen.value);
      }}
      className="h-8 rounded-md border border-line-strong bg-surface px-2 font-medium hover:bg-sunken"
    >
      {props.options.map(({ value, label }) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  );
}

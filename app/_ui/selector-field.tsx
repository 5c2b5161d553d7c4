// A field for a selector (`pool=edge zone!=b`): says at once what is wrong with it, and how many nodes it means while one types.
"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { parseSelector } from "../../selectors/parse.ts";
import { count } from "../_lib/format.ts";
import { useSettled } from "../_lib/use-settled.ts";
import { useText } from "../_lib/use-text.ts";
import { useTRPC } from "../_trpc/client.ts";
import { Field } from "./field.tsx";

/** Pause after the last key before nodes are counted, ms. */
const TYPING_MS = 250;

/** How many nodes a selector means, with the first names. Nothing while it is no selector. */
function Preview({ selector }: { selector: string }): ReactNode {
  const t = useTranslations("selector");
  const locale = useLocale();
  const trpc = useTRPC();
  const settled = useSettled(selector, TYPING_MS);
  const preview = useQuery(
    trpc.patrols.previewCount.queryOptions({ selector: settled }, { placeholderData: keepPreviousData }),
  );
  if (!preview.data || preview.data.error) return null;
  const { count: nodes, sample } = preview.data;
  return (
    <span aria-live="polite">
      <span className={nodes === 0 ? "font-medium text-degraded" : "font-medium text-text"}>
        {t("nodes", { count: nodes, shown: count(nodes, locale) })}
      </span>
      {sample.length > 0 && (
        <span className="text-muted">
          {" "}
          {sample
            .slice(0, 4)
            .map(({ name }) => name)
            .join(", ")}
          {nodes > 4 && " …"}
        </span>
      )}
    </span>
  );
}

export function SelectorField(props: {
  label: string;
  value: string;
  onChange: (selector: string) => void;
  autoFocus?: boolean;
}): ReactNode {
  const t = useTranslations("selector");
  const text = useText();
  const parsed = parseSelector(props.value);
  return (
    <div>
      <Field
        label={props.label}
        value={props.value}
        onChange={(event) => props.onChange(event.target.value)}
        placeholder="pool=edge zone!=b"
        className="font-mono text-xs"
        maxLength={500}
        autoFocus={props.autoFocus}
        fault={parsed.ok ? null : text(parsed.error)}
        hint={t("hint")}
      />
      <p className="mt-1 min-h-4 text-xs">{parsed.ok && <Preview selector={props.value} />}</p>
    </div>
  );
}

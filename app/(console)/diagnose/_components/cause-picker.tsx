// A cause by its words: the articles' own search, so that misspelt ones are found, too.
"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useSettled } from "../../../_lib/use-settled.ts";
import { useText } from "../../../_lib/use-text.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { Field } from "../../../_ui/field.tsx";

const TYPING_MS = 250;
const SHOWN = 8;

/** @param props.value id of a cause; null while none is chosen */
export function CausePicker(props: { value: string | null; onChange: (cause: string | null) => void }): ReactNode {
  const t = useTranslations("diagnose");
  const text = useText();
  const trpc = useTRPC();
  const [search, setSearch] = useState("");
  const settled = useSettled(search, TYPING_MS);
  const found = useQuery(
    trpc.knowledge.list.queryOptions(
      { search: settled, kind: "cause", pageSize: SHOWN },
      { enabled: settled.trim() !== "", placeholderData: keepPreviousData },
    ),
  );
  const rows = settled.trim() === "" ? [] : (found.data?.rows ?? []);
  return (
    <fieldset>
      <legend className="sr-only">{t("cause")}</legend>
      <Field
        label={t("findCause")}
        value={search}
        onChange={(event) => {
          setSearch(event.target.value);
          props.onChange(null);
        }}
      />
      <div className="mt-1 flex flex-col">
        {rows.map((row) => {
          const id = row.articleId.replace(/^cause\//, "");
          return (
            <label key={id} className="flex items-baseline gap-2 py-1">
              <input type="radio" name="cause" checked={props.value === id} onChange={() => props.onChange(id)} />
              <span>
                {text(row.title)} <span className="font-mono text-muted text-xs">{id}</span>
              </span>
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}

// The one box: a text is read, a name is looked at. What was typed survives a failure and a reload.
"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { type DragEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { type CaseDetail, TEXT_MAX } from "../../../../server/diagnosis/schema.ts";
import { useErrorText } from "../../../_lib/use-error-text.ts";
import { useTRPC, useTRPCClient } from "../../../_trpc/client.ts";
import { readError } from "../../../_trpc/errors.ts";
import { Button } from "../../../_ui/button.tsx";
import { AreaField } from "../../../_ui/field.tsx";
import { namesIn } from "./asked.ts";

const STORE = "nodeops.question";

/** Of a longer text the beginning and the end are kept: there the error stands mostly. */
function fitting(text: string): { text: string; cut: number } {
  if (text.length <= TEXT_MAX) return { text, cut: 0 };
  const half = Math.floor(TEXT_MAX / 2) - 10;
  return { text: `${text.slice(0, half)}\n…\n${text.slice(-half)}`, cut: text.length - 2 * half };
}

export function Ask(): ReactNode {
  const t = useTranslations("diagnose");
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const router = useRouter();
  const errorText = useErrorText();
  const [text, setText] = useState("");
  const [cut, setCut] = useState(0);
  const [isOver, setOver] = useState(false);
  const isRead = useRef(false);
  useEffect(() => {
    setText(sessionStorage.getItem(STORE) ?? "");
    isRead.current = true;
  }, []);
  const put = (typed: string): void => {
    const fits = fitting(typed);
    setText(fits.text);
    setCut(fits.cut);
    try {
      sessionStorage.setItem(STORE, fits.text);
    } catch {
      // private windows keep nothing; the box still holds it
    }
  };
  const ask = useMutation({
    mutationFn: async (asked: string): Promise<CaseDetail> => {
      for (const name of namesIn(asked)) {
        try {
          return await client.diagnosis.live.mutate(name);
        } catch (error) {
          if (readError(error).code !== "NOT_FOUND") throw error;
        }
      }
      return client.diagnosis.ask.mutate({ text: asked });
    },
    onSuccess: (found) => {
      queries.setQueryData(trpc.diagnosis.case.queryKey({ id: found.caseId }), found);
      router.push(`/diagnose/${found.caseId}`);
    },
  });
  const isEmpty = text.trim() === "";
  const begin = (): void => {
    if (!isEmpty && !ask.isPending) ask.mutate(text);
  };
  const onDrop = (event: DragEvent): void => {
    setOver(false);
    const [file] = event.dataTransfer.files;
    if (!file) return;
    event.preventDefault();
    void file.text().then(put);
  };
  return (
    <form
      className="flex max-w-4xl flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        begin();
      }}
    >
      <div
        className={isOver ? "rounded-md outline outline-2 outline-accent" : undefined}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={onDrop}
      >
        <AreaField
          label={t("box")}
          hint={t("boxHint")}
          fault={cut > 0 ? t("cut", { count: cut }) : null}
          rows={14}
          value={text}
          autoFocus
          placeholder={t("placeholder")}
          className="font-mono text-xs leading-relaxed"
          onChange={(event) => put(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) begin();
          }}
        />
      </div>
      {ask.error && (
        <p role="alert" className="text-unhealthy">
          {errorText(ask.error)}
        </p>
      )}
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" look="primary" disabled={isEmpty || ask.isPending}>
          {ask.isPending ? t("asking") : t("ask")}
        </Button>
        {!isEmpty && (
          <Button type="button" look="ghost" onClick={() => put("")}>
            {t("clear")}
          </Button>
        )}
        <span className="text-muted text-xs">{t("stays")}</span>
      </div>
    </form>
  );
}

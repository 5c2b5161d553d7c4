// What nobody knew, what was wrong and what did not help, grouped by how it reads: each group is closed by naming the cause, or becomes a draft.
"use client";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { parseAsInteger, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { type ReactNode, useCallback, useState } from "react";
import { toast } from "sonner";
import type { ReviewGroup } from "../../../../server/diagnosis/schema.ts";
import { useErrorText } from "../../../_lib/use-error-text.ts";
import { useText } from "../../../_lib/use-text.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { Button } from "../../../_ui/button.tsx";
import { Drawer } from "../../../_ui/drawer.tsx";
import { EmptyState } from "../../../_ui/feedback.tsx";
import { Field } from "../../../_ui/field.tsx";
import { ListTools, PagedTable } from "../../../_ui/list-frame.tsx";
import { Choice, SearchField, Segmented } from "../../../_ui/list-tools.tsx";
import { Facts, Section } from "../../../_ui/page-parts.tsx";
import type { Column } from "../../../_ui/table.tsx";
import { RelativeTime } from "../../../_ui/values.tsx";
import { CausePicker } from "./cause-picker.tsx";

const kinds = ["all", "unknown", "wrong", "not-solved"] as const;
const states = ["open", "closed"] as const;

function useColumns(onOpen: (group: ReviewGroup) => void): Column<ReviewGroup>[] {
  const t = useTranslations("diagnose");
  const text = useText();
  return [
    {
      id: "sample",
      header: t("question"),
      className: "w-full min-w-40 max-w-0",
      cell: (row) => (
        <button type="button" className="block w-full text-left hover:underline" onClick={() => onOpen(row)}>
          <span className="line-clamp-2 break-all font-mono text-xs">{row.sample || t("liveQuestion")}</span>
          {row.topCause && (
            <span className="block truncate text-muted text-xs">
              {t("saidWas", { cause: text(row.topCause.title) })}
            </span>
          )}
        </button>
      ),
    },
    { id: "count", header: t("times"), align: "right", cell: (row) => row.count },
    {
      id: "why",
      header: t("why"),
      from: "sm",
      cell: (row) => (
        <span className="whitespace-nowrap text-xs">
          {(["unknown", "wrong", "notSolved"] as const)
            .filter((kind) => row[kind] > 0)
            .map((kind) => t(`whys.${kind}`, { count: row[kind] }))
            .join(", ")}
        </span>
      ),
    },
    { id: "at", header: t("lastAsked"), from: "md", cell: (row) => <RelativeTime at={row.lastAt} /> },
  ];
}

export function Review(): ReactNode {
  const t = useTranslations("diagnose");
  const trpc = useTRPC();
  const [{ q, kind, state, page }, setUrl] = useQueryStates({
    q: parseAsString.withDefault(""),
    kind: parseAsStringLiteral(kinds).withDefault("all"),
    state: parseAsStringLiteral(states).withDefault("open"),
    page: parseAsInteger.withDefault(1),
  });
  const [opened, setOpened] = useState<ReviewGroup | null>(null);
  const groups = useQuery(
    trpc.diagnosis.review.queryOptions({ search: q, kind, state, page }, { placeholderData: keepPreviousData }),
  );
  const onSearch = useCallback((text: string) => void setUrl({ q: text || null, page: null }), [setUrl]);
  return (
    <>
      <ListTools>
        <SearchField value={q} onChange={onSearch} label={t("searchReview")} />
        <Choice
          label={t("why")}
          value={kind}
          options={kinds.map((value) => ({ value, label: t(`reviewKinds.${value}`) }))}
          onChange={(value) => void setUrl({ kind: value, page: null })}
        />
        <Segmented
          label={t("state")}
          value={state}
          options={states.map((value) => ({ value, label: t(`reviewStates.${value}`) }))}
          onChange={(value) => void setUrl({ state: value, page: null })}
        />
      </ListTools>
      <PagedTable<ReviewGroup>
        caption={t("review")}
        query={groups}
        columns={useColumns(setOpened)}
        rowKey={(row) => row.template}
        onPage={(next) => void setUrl({ page: next })}
        empty={<EmptyState title={t("nothingToReview")}>{t("nothingToReviewHint")}</EmptyState>}
      />
      {opened && <Close group={opened} onClose={() => setOpened(null)} />}
    </>
  );
}

/** Closes a group: it was that cause, it becomes an article, or there is nothing to learn. */
function Close({ group, onClose }: { group: ReviewGroup; onClose: () => void }): ReactNode {
  const t = useTranslations("diagnose");
  const text = useText();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const errorText = useErrorText();
  const [cause, setCause] = useState<string | null>(null);
  const [title, setTitle] = useState("");
  const caseIds = [...group.caseIds];
  const wish = title.trim() === "" ? {} : { title: { en: title.trim() } };
  const proposed = useQuery(trpc.diagnosis.proposeDraft.queryOptions({ caseIds, draft: wish }, { retry: false }));
  const close = useMutation(
    trpc.diagnosis.close.mutationOptions({
      onSuccess: ({ closed, draft }) => {
        toast(t("closed", { count: closed }));
        void queries.invalidateQueries(trpc.diagnosis.pathFilter());
        onClose();
        if (draft) router.push(`/knowledge/${draft.articleId}/edit`);
      },
      onError: (error) => toast.error(errorText(error)),
    }),
  );
  const [first] = caseIds;
  return (
    <Drawer title={t("closeTitle", { count: group.count })} open onClose={onClose}>
      <div className="flex flex-col gap-6">
        <pre tabIndex={0} className="max-h-64 overflow-auto rounded-sm bg-sunken p-3 font-mono text-xs">
          {group.sample || t("liveQuestion")}
        </pre>
        {first && (
          <Link href={`/diagnose/${first}`} className="text-accent hover:underline">
            {t("newestCase")}
          </Link>
        )}
        {group.rightCauses.length > 0 && (
          <Facts
            items={group.rightCauses.map(({ id, count }) => ({ label: t("peopleSay"), value: `${id} (${count})` }))}
          />
        )}
        <Section title={t("itWas")}>
          <CausePicker value={cause} onChange={setCause} />
          <Button
            className="mt-2"
            disabled={cause === null || close.isPending}
            onClick={() => cause && close.mutate({ caseIds, as: { kind: "cause", rightCause: cause } })}
          >
            {t("closeAsCause")}
          </Button>
        </Section>
        <Section title={t("writeArticle")} note={t("writeArticleNote")}>
          <Field
            label={t("draftTitle")}
            value={title}
            maxLength={200}
            onChange={(event) => setTitle(event.target.value)}
          />
          {proposed.data && (
            <div className="mt-2 text-xs">
              <p className="text-muted">{t("proposedSignature")}</p>
              <p className="break-all font-mono">{proposed.data.signature ?? t("noSignature")}</p>
              {proposed.data.problems.map((problem) => (
                <p key={problem.en} className="text-degraded">
                  {text(problem)}
                </p>
              ))}
            </div>
          )}
          <Button
            className="mt-2"
            look="primary"
            disabled={close.isPending}
            onClick={() => close.mutate({ caseIds, as: { kind: "draft", draft: wish } })}
          >
            {t("makeDraft")}
          </Button>
        </Section>
        <Section title={t("nothingToLearn")}>
          <Button disabled={close.isPending} onClick={() => close.mutate({ caseIds, as: { kind: "nothing" } })}>
            {t("closeOnly")}
          </Button>
        </Section>
      </div>
    </Drawer>
  );
}

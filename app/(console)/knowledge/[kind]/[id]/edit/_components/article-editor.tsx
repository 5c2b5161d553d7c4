// The editor of an article: two languages side by side with how they will look, signatures with proofs, versions, and the way to publication.
"use client";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { toast } from "sonner";
import type { ArticlePage, DraftProblem } from "../../../../../../../server/knowledge/schema.ts";
import { MARKDOWN_CHARS_MAX } from "../../../../../../../server/knowledge/schema.ts";
import { useErrorText } from "../../../../../../_lib/use-error-text.ts";
import { useLeaveWarning } from "../../../../../../_lib/use-leave-warning.ts";
import { useCan } from "../../../../../../_lib/use-me.ts";
import { useSettled } from "../../../../../../_lib/use-settled.ts";
import { useText } from "../../../../../../_lib/use-text.ts";
import { useTRPC, useTRPCClient } from "../../../../../../_trpc/client.ts";
import { Article } from "../../../../../../_ui/article.tsx";
import { Button } from "../../../../../../_ui/button.tsx";
import { QueryView, TableSkeleton } from "../../../../../../_ui/feedback.tsx";
import { AreaField, Field } from "../../../../../../_ui/field.tsx";
import { PageHeader, Panel, Section } from "../../../../../../_ui/page-parts.tsx";
import { Tabs } from "../../../../../../_ui/tabs.tsx";
import { CauseForm } from "./cause-form.tsx";
import { draftOf, emptyText, type Fields, fieldsOf } from "./draft.ts";
import { Versions } from "./versions.tsx";

/** Pause after the last key before anything is asked, ms. */
const TYPING_MS = 600;

const bodyOf = (markdown: string): string => markdown.replace(/^---\r?\n[\s\S]*?\r?\n---\r?\n/, "");

function LanguageText(props: {
  language: "en" | "zh";
  articleId: string;
  value: string;
  problems: readonly DraftProblem[];
  onChange: (value: string) => void;
}): ReactNode {
  const { language, value, problems } = props;
  const t = useTranslations("knowledge");
  const text = useText();
  const faults = problems.filter(({ at }) => at === language);
  return (
    <div className="grid grid-cols-1 gap-5 xl:grid-cols-2">
      <div>
        <AreaField
          label={t(`text.${language}`)}
          hint={t("textHint")}
          fault={faults.map((fault) => text(fault.text)).join(" ") || null}
          rows={28}
          value={value}
          maxLength={MARKDOWN_CHARS_MAX}
          className="font-mono text-xs leading-relaxed"
          onChange={(event) => props.onChange(event.target.value)}
        />
        {value === "" && (
          <Button className="mt-2" onClick={() => props.onChange(emptyText(props.articleId, language))}>
            {t("begin")}
          </Button>
        )}
      </div>
      <Section title={t("preview")}>
        <Panel className="min-h-40 px-5 py-4">
          <Article markdown={bodyOf(value)} />
        </Panel>
      </Section>
    </div>
  );
}

/** What may be done with the newest version. */
function Flow(props: { article: ArticlePage; isDirty: boolean; canSubmit: boolean; onDone: () => void }): ReactNode {
  const { article, isDirty } = props;
  const t = useTranslations("knowledge");
  const trpc = useTRPC();
  const errorText = useErrorText();
  const mayWrite = useCan("knowledge:write");
  const mayReview = useCan("knowledge:review");
  const done = (said: string) => ({
    onSuccess: () => {
      toast(said);
      props.onDone();
    },
    onError: (error: unknown) => toast.error(errorText(error)),
  });
  const submit = useMutation(trpc.knowledge.submit.mutationOptions());
  const review = useMutation(trpc.knowledge.review.mutationOptions());
  const { articleId, draft } = article;
  const published = article.versions.find(({ state }) => state === "published");
  const act = (version: number, what: "publish" | "return" | "withdraw") => () =>
    review.mutate({ articleId, version, act: what }, done(t(`done.${what}`)));
  const isBusy = submit.isPending || review.isPending;
  return (
    <>
      {draft?.state === "draft" && mayWrite && (
        <Button
          disabled={isDirty || !props.canSubmit || isBusy}
          title={isDirty ? t("saveFirst") : undefined}
          onClick={() => submit.mutate({ articleId, version: draft.version }, done(t("done.submit")))}
        >
          {t("submit")}
        </Button>
      )}
      {draft?.state === "review" && mayReview && (
        <>
          <Button disabled={isBusy} onClick={act(draft.version, "return")}>
            {t("return")}
          </Button>
          <Button
            look="primary"
            disabled={isBusy || !article.canPublish}
            title={article.canPublish ? undefined : t("notYourOwn")}
            onClick={act(draft.version, "publish")}
          >
            {t("publish")}
          </Button>
        </>
      )}
      {published && mayReview && (
        <Button look="danger" disabled={isBusy} onClick={act(published.version, "withdraw")} title={t("withdrawHint")}>
          {t("withdraw")}
        </Button>
      )}
    </>
  );
}

function Editor({ articleId, article }: { articleId: string; article: ArticlePage }): ReactNode {
  const t = useTranslations("knowledge");
  const tNav = useTranslations("nav");
  const text = useText();
  const trpc = useTRPC();
  const client = useTRPCClient();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const mayWrite = useCan("knowledge:write");
  const [first, setFirst] = useState(() => fieldsOf(articleId, article));
  const [seen, setSeen] = useState(article.versions[0]?.version ?? 0);
  const [fields, setFields] = useState<Fields>(first);
  const [note, setNote] = useState(article.draft?.note ?? "");
  const [tab, setTab] = useState("en");
  const draft = useMemo(() => draftOf(articleId, fields), [articleId, fields]);
  const settled = useSettled(draft, TYPING_MS);
  const report = useQuery(
    trpc.knowledge.preview.queryOptions(settled, {
      enabled: mayWrite,
      placeholderData: keepPreviousData,
      retry: false,
    }),
  );
  const problems = report.data?.problems ?? [];
  const isDirty = fields !== first;
  useLeaveWarning(isDirty, t("leave"));
  const save = useMutation(
    trpc.knowledge.save.mutationOptions({
      onSuccess: ({ version }) => {
        toast(t("saved", { version }));
        setFirst(fields);
        setSeen(version);
        void queries.invalidateQueries();
      },
      onError: (error) => toast.error(errorText(error)),
    }),
  );
  const onTake = async (version: number): Promise<void> => {
    try {
      const taken = await client.knowledge.version.query({ articleId, version });
      setFields(fieldsOf(articleId, { ...article, draft: taken }));
      toast(t("taken", { version }));
    } catch (error) {
      toast.error(errorText(error));
    }
  };
  const isNew = article.text === null && article.versions.length === 0;
  const { cause } = fields;
  const general = problems.filter(({ at, path }) => at === "id" || (at === "cause" && path === ""));
  return (
    <>
      <PageHeader
        up={
          isNew
            ? { href: "/knowledge", label: tNav("knowledge") }
            : { href: `/knowledge/${articleId}`, label: t("article") }
        }
        title={text(article.title)}
        lead={<span className="font-mono text-xs">{articleId}</span>}
        actions={
          <>
            <Flow
              article={article}
              isDirty={isDirty}
              canSubmit={problems.length === 0}
              onDone={() => void queries.invalidateQueries()}
            />
            {mayWrite && (
              <Button
                look="primary"
                disabled={!isDirty || save.isPending}
                onClick={() => save.mutate({ ...draft, seen, note })}
              >
                {t("save")}
              </Button>
            )}
          </>
        }
      />
      {general.map((problem) => (
        <p key={problem.text.en} role="alert" className="mb-3 text-unhealthy">
          {text(problem.text)}
        </p>
      ))}
      <Tabs
        label={t("parts")}
        value={tab}
        onChange={setTab}
        tabs={[
          ...(["en", "zh"] as const).map((language) => ({
            id: language,
            label: t(`languages.${language}`),
            count: problems.filter(({ at }) => at === language).length,
            content: () => (
              <LanguageText
                language={language}
                articleId={articleId}
                value={fields[language]}
                problems={problems}
                onChange={(value) => setFields({ ...fields, [language]: value })}
              />
            ),
          })),
          ...(cause
            ? [
                {
                  id: "cause",
                  label: t("signatures"),
                  count: problems.filter(({ at }) => at === "cause").length,
                  content: () => (
                    <CauseForm
                      cause={cause}
                      onChange={(changed) => setFields({ ...fields, cause: changed })}
                      problems={problems}
                      proofs={report.data?.proofs ?? []}
                    />
                  ),
                },
              ]
            : []),
        ]}
      />
      <div className="mt-7 flex flex-col gap-7">
        {mayWrite && (
          <div className="max-w-xl">
            <Field
              label={t("note")}
              hint={t("noteHint")}
              value={note}
              maxLength={500}
              onChange={(event) => setNote(event.target.value)}
            />
          </div>
        )}
        <Versions article={article} onTake={(version) => void onTake(version)} />
      </div>
    </>
  );
}

export function ArticleEditor({ articleId }: { articleId: string }): ReactNode {
  const trpc = useTRPC();
  const [isReady, setReady] = useState(false);
  // Drafts are the browser's: nothing of them is made on the server.
  useEffect(() => setReady(true), []);
  const article = useQuery(trpc.knowledge.get.queryOptions({ articleId, mayBeNew: true }));
  if (!isReady) return <TableSkeleton rows={10} />;
  return (
    <QueryView query={article} skeleton={<TableSkeleton rows={10} />}>
      {(data) => <Editor articleId={articleId} article={data} />}
    </QueryView>
  );
}

// The editor: fields on the left; on the right, as one types, what the fixtures say and what the fleet would say. Nothing typed is lost by a fault.
"use client";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { parseAsString, useQueryStates } from "nuqs";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { toast } from "sonner";
import type { CustomCheckDetail, Tried } from "../../../../../server/custom-checks/schema.ts";
import { useErrorText } from "../../../../_lib/use-error-text.ts";
import { useLeaveWarning } from "../../../../_lib/use-leave-warning.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useSettled } from "../../../../_lib/use-settled.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { Button } from "../../../../_ui/button.tsx";
import { QueryView, TableSkeleton } from "../../../../_ui/feedback.tsx";
import { PageHeader, Panel, Section } from "../../../../_ui/page-parts.tsx";
import { SelectorField } from "../../../../_ui/selector-field.tsx";
import { checkLook } from "../../../../_ui/state.ts";
import { StateBadge } from "../../../../_ui/state-badge.tsx";
import { customLook } from "../../_components/own-checks.tsx";
import { BackTest } from "./back-test.tsx";
import { exampleFields, type Fields, fieldsOf, readFields } from "./draft.ts";
import { DraftForm } from "./draft-form.tsx";

/** Pause after the last key before anything is asked, ms. */
const TYPING_MS = 600;

function Fixtures({ tried }: { tried: Tried }): ReactNode {
  const t = useTranslations("editor");
  const said = (outcome: Tried["fixtures"][number]["actual"]): string =>
    Array.isArray(outcome) ? outcome.join(", ") : outcome;
  return (
    <Section title={t("fixtures")}>
      <Panel>
        <ul>
          {tried.fixtures.map((fixture) => (
            <li
              key={fixture.name}
              className="flex flex-wrap items-baseline gap-x-3 border-b px-3 py-1.5 last:border-b-0"
            >
              <StateBadge
                look={fixture.isPassed ? checkLook.ok : checkLook.problem}
                label={t(fixture.isPassed ? "passed" : "failed")}
              />
              <span className="font-medium">{fixture.name}</span>
              <span className="text-muted text-xs">
                {fixture.isPassed
                  ? said(fixture.actual)
                  : t("expectedGot", { expected: said(fixture.expected), got: said(fixture.actual) })}
                {fixture.reason && ` · ${fixture.reason}`}
              </span>
            </li>
          ))}
          {tried.fixtures.length === 0 && <li className="px-3 py-2 text-muted">{t("noFixtures")}</li>}
        </ul>
      </Panel>
    </Section>
  );
}

/** What may be done with the saved versions: let it look in secret, let it speak, end it. */
function StateActions({ saved, onDone }: { saved: CustomCheckDetail; onDone: () => void }): ReactNode {
  const t = useTranslations("editor");
  const trpc = useTRPC();
  const errorText = useErrorText();
  const set = useMutation(
    trpc.customChecks.setState.mutationOptions({
      onSuccess: ({ state }) => {
        toast(t(`now.${state as "shadow" | "active" | "retired"}`));
        onDone();
      },
      onError: (error) => toast.error(errorText(error)),
    }),
  );
  const to = (state: "shadow" | "active" | "retired") => () => set.mutate({ id: saved.id, state });
  const isNewest = saved.version === saved.newestVersion;
  return (
    <>
      <StateBadge
        look={customLook[saved.state]}
        label={`${t(`states.${saved.state}`)} · ${t("version")} ${saved.version}`}
      />
      {!(saved.state === "shadow" && isNewest) && (
        <Button disabled={set.isPending} onClick={to("shadow")} title={t("shadowHint")}>
          {t("toShadow")}
        </Button>
      )}
      {!(saved.state === "active" && isNewest) && (
        <Button disabled={set.isPending} onClick={to("active")} title={t("activeHint")}>
          {t("toActive")}
        </Button>
      )}
      {(saved.state === "shadow" || saved.state === "active") && (
        <Button look="danger" disabled={set.isPending} onClick={to("retired")} title={t("retireHint")}>
          {t("retire")}
        </Button>
      )}
    </>
  );
}

function Editor(props: { first: Fields; saved: CustomCheckDetail | null; onSaved: (id: string) => void }): ReactNode {
  const { saved } = props;
  const t = useTranslations("editor");
  const tNav = useTranslations("nav");
  const trpc = useTRPC();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const mayWrite = useCan("checks:write");
  // As they stood when the page opened: a later reading of the saved check takes nothing away that was typed.
  const [first] = useState(props.first);
  const [fields, setFields] = useState(first);
  const [selector, setSelector] = useState("*");
  const read = useMemo(() => readFields(fields), [fields]);
  const settled = useSettled(read.draft, TYPING_MS);
  const tried = useQuery(
    trpc.customChecks.tryFixtures.queryOptions(
      { draft: settled ?? EMPTY },
      { enabled: settled !== null, placeholderData: keepPreviousData, retry: false },
    ),
  );
  const isDirty = fields !== first;
  useLeaveWarning(isDirty, t("leave"));
  const isSound = settled !== null && settled === read.draft && tried.data?.errors.length === 0;
  const save = useMutation(
    trpc.customChecks.save.mutationOptions({
      onSuccess: ({ id, version }) => {
        toast(t("saved", { version }));
        void queries.invalidateQueries();
        props.onSaved(id);
      },
      onError: (error) => toast.error(errorText(error)),
    }),
  );
  const target = useMemo(
    () => (isSound && settled ? { draft: { ...settled, fixtures: [] } } : null),
    [isSound, settled],
  );
  // What may run must have been tested as it is saved; before that the draft is what one wants to know about.
  const whole = useMemo(
    () => (saved && !isDirty ? { id: saved.id, version: saved.newestVersion } : target),
    [saved, isDirty, target],
  );
  return (
    <>
      <PageHeader
        up={{ href: "/checks?tab=own", label: tNav("checks") }}
        title={saved ? fields.titleEn : t("write")}
        lead={t("lead")}
        actions={
          mayWrite && (
            <>
              {saved && <StateActions saved={saved} onDone={() => void queries.invalidateQueries()} />}
              <Button
                look="primary"
                disabled={!isSound || read.id === null || save.isPending || (saved !== null && !isDirty)}
                onClick={() => read.id !== null && read.draft && save.mutate({ id: read.id, draft: read.draft })}
              >
                {t("save")}
              </Button>
            </>
          )
        }
      />
      <div className="grid grid-cols-1 gap-x-6 gap-y-7 xl:grid-cols-2">
        <DraftForm
          fields={fields}
          onChange={setFields}
          faults={read.faults}
          errors={settled === read.draft ? (tried.data?.errors ?? []) : []}
          isSaved={saved !== null}
        />
        <div className="flex min-w-0 flex-col gap-7">
          {tried.data && tried.data.errors.length === 0 && <Fixtures tried={tried.data} />}
          <SelectorField label={t("on")} value={selector} onChange={setSelector} />
          <BackTest target={target} whole={whole} selector={selector} kind={saved && !isDirty ? "saved" : "draft"} />
        </div>
      </div>
    </>
  );
}

/** Stands in for a definition while none can be read; the query that would carry it is off. */
const EMPTY = readFields(exampleFields).draft ?? fail();
function fail(): never {
  throw new Error("the editor's example is no definition");
}

function Saved({ id, onSaved }: { id: string; onSaved: (id: string) => void }): ReactNode {
  const trpc = useTRPC();
  const saved = useQuery(trpc.customChecks.get.queryOptions({ id }));
  return (
    <QueryView query={saved} skeleton={<TableSkeleton rows={10} />}>
      {(data) => {
        const newest = data.versions[0];
        return (
          <Editor
            key={data.newestVersion}
            first={newest ? fieldsOf(id, newest.draft) : { ...exampleFields, id }}
            saved={data}
            onSaved={onSaved}
          />
        );
      }}
    </QueryView>
  );
}

/** A check of the catalogue, looked at over the stored facts of the fleet. */
function TestOnly({ id }: { id: string }): ReactNode {
  const t = useTranslations("editor");
  const tNav = useTranslations("nav");
  const [selector, setSelector] = useState("*");
  const target = useMemo(() => ({ id }), [id]);
  return (
    <>
      <PageHeader
        up={{ href: `/checks/${id}`, label: tNav("checks") }}
        title={t("backTestOf", { id })}
        lead={t("backTestLead")}
      />
      <div className="flex max-w-4xl flex-col gap-7">
        <SelectorField label={t("on")} value={selector} onChange={setSelector} />
        <BackTest target={target} whole={target} selector={selector} kind="known" />
      </div>
    </>
  );
}

export function CheckEditor(): ReactNode {
  const [url, setUrl] = useQueryStates({ id: parseAsString, test: parseAsString });
  const [isReady, setReady] = useState(false);
  // The address is known in the browser only; before that nothing is asked for.
  useEffect(() => setReady(true), []);
  if (!isReady) return <TableSkeleton rows={10} />;
  if (url.test) return <TestOnly id={url.test} />;
  const onSaved = (id: string): void => void setUrl({ id });
  return url.id ? (
    <Saved id={url.id} onSaved={onSaved} />
  ) : (
    <Editor first={exampleFields} saved={null} onSaved={onSaved} />
  );
}

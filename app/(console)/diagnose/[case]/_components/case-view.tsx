// The answer: whose trouble it is and what to do first, the reasons below, what we are doing about it beside.
"use client";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { CaseDetail } from "../../../../../server/diagnosis/schema.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { ButtonLink } from "../../../../_ui/button.tsx";
import { QueryView, TableSkeleton } from "../../../../_ui/feedback.tsx";
import { PageHeader, Panel, Section } from "../../../../_ui/page-parts.tsx";
import { StateShape } from "../../../../_ui/state-badge.tsx";
import { RelativeTime } from "../../../../_ui/values.tsx";
import { sideLook, wellLook } from "../../_components/side-look.ts";
import { Chain, Findings, Observations } from "./beside.tsx";
import { CauseCard } from "./cause-card.tsx";
import { Explain } from "./explain.tsx";
import { FeedbackForm } from "./feedback-form.tsx";
import { MarkedText } from "./marked-text.tsx";
import { Progress } from "./progress.tsx";
import { Suggestions } from "./suggestions.tsx";

function Verdict({ found }: { found: CaseDetail }): ReactNode {
  const t = useTranslations("diagnose");
  const text = useText();
  const { verdict } = found;
  const look = verdict.isWell ? wellLook : sideLook[verdict.side];
  return (
    <Panel className="px-5 py-4">
      <p className="flex items-center gap-2 font-semibold text-lg">
        <StateShape look={look} />
        {verdict.isWell ? t("well") : t(`sides.${verdict.side}`)}
      </p>
      <p className="mt-1 text-base">{text(verdict.text)}</p>
      {verdict.because.length > 0 && (
        <ul className="mt-2 list-disc pl-5 text-muted">
          {verdict.because.map((reason) => (
            <li key={reason.en}>{text(reason)}</li>
          ))}
        </ul>
      )}
      {!found.isKnown && (
        <div className="mt-3 text-muted">
          <p>{t("unknownHint")}</p>
          <p className="mt-1">{t("unknownReview")}</p>
        </div>
      )}
    </Panel>
  );
}

const subjectOf = ({ subject }: CaseDetail): string | null =>
  subject &&
  ([subject.podNamespace, subject.podName].filter(Boolean).join("/") || (subject.containerName ?? subject.nodeName));

function Main({ found }: { found: CaseDetail }): ReactNode {
  const t = useTranslations("diagnose");
  const [first, ...others] = found.causes;
  return (
    <div className="flex min-w-0 flex-col gap-7">
      <Verdict found={found} />
      {first && <CauseCard cause={first} place={0} isFirst />}
      {others.length > 0 && (
        <Section title={t("others")} note={t("othersNote")}>
          <div className="flex flex-col gap-2">
            {others.map((cause, at) => (
              <CauseCard key={cause.id} cause={cause} place={at + 1} />
            ))}
          </div>
        </Section>
      )}
      {found.text !== "" && (
        <Section title={t("pasted")} note={found.redacted > 0 ? t("redacted", { count: found.redacted }) : undefined}>
          <MarkedText found={found} />
        </Section>
      )}
      <Chain found={found} />
    </div>
  );
}

function Beside({ found }: { found: CaseDetail }): ReactNode {
  return (
    <aside className="flex min-w-0 flex-col gap-7">
      {found.progress && <Progress progress={found.progress} />}
      <Suggestions found={found} />
      <Findings found={found} />
      <Observations found={found} />
      <Explain found={found} />
      <FeedbackForm found={found} />
    </aside>
  );
}

export function CaseView({ id }: { id: string }): ReactNode {
  const t = useTranslations("diagnose");
  const tNav = useTranslations("nav");
  const text = useText();
  const trpc = useTRPC();
  const found = useQuery(trpc.diagnosis.case.queryOptions({ id }));
  return (
    <QueryView query={found} skeleton={<TableSkeleton rows={10} />}>
      {(data) => (
        <>
          <PageHeader
            up={{ href: "/diagnose", label: tNav("diagnose") }}
            title={subjectOf(data) ?? (data.causes[0] ? text(data.causes[0].title) : t("question"))}
            lead={
              <span className="text-xs">
                {data.subject && data.subject.kind !== "node" && `${data.subject.nodeName} · `}
                {data.askedByName} · <RelativeTime at={data.createdAt} />
              </span>
            }
            actions={<ButtonLink href="/diagnose">{t("askAgain")}</ButtonLink>}
          />
          <div className="grid grid-cols-1 gap-x-8 gap-y-7 lg:grid-cols-[minmax(0,1fr)_22rem]">
            <Main found={data} />
            <Beside found={data} />
          </div>
        </>
      )}
    </QueryView>
  );
}

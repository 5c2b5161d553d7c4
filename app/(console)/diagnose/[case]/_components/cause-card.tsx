// A cause of the answer: how sure, whose, what it means and what one can do; the likeliest is open.
"use client";
import Link from "next/link";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { ShownCause } from "../../../../../server/diagnosis/schema.ts";
import { percent } from "../../../../_lib/format.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { Article } from "../../../../_ui/article.tsx";
import { Panel } from "../../../../_ui/page-parts.tsx";
import { StateBadge } from "../../../../_ui/state-badge.tsx";
import { Amount } from "../../../../_ui/values.tsx";
import { sideLook } from "../../_components/side-look.ts";

/** From here on an answer is called sure, or likely. */
const SURE = 0.9;
const LIKELY = 0.6;

function Certainty({ cause }: { cause: ShownCause }): ReactNode {
  const t = useTranslations("diagnose");
  const { confidence, basis } = cause;
  const word = confidence >= SURE ? "sure" : confidence >= LIKELY ? "likely" : "possible";
  return (
    <span className="inline-flex items-center gap-2 text-muted text-xs" title={t(`bases.${basis}`)}>
      <progress
        aria-label={t("certainty")}
        value={confidence}
        max={1}
        className="h-1.5 w-16 overflow-hidden rounded-full [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-accent"
      />
      {t(`certainties.${word}`)} <Amount of={percent(confidence)} />
    </span>
  );
}

function Measured({ cause }: { cause: ShownCause }): ReactNode {
  const t = useTranslations("diagnose");
  const { asked, solved, notSolved, wrong } = cause.measured;
  if (asked === 0) return null;
  return <p className="text-muted text-xs">{t("measured", { asked, solved, notSolved, wrong })}</p>;
}

function Body({ cause, isFirst }: { cause: ShownCause; isFirst: boolean }): ReactNode {
  const t = useTranslations("diagnose");
  const text = useText();
  const mayRun = useCan("repairs:run");
  const { article } = cause;
  if (!article) return <p className="text-muted">{t("noArticle")}</p>;
  const { meaning, safe, side, sre } = article.sections;
  return (
    <div className="flex flex-col gap-4">
      <Article markdown={text(meaning)} />
      <div>
        <h3 className="mb-1 font-medium">{t("youCanDo")}</h3>
        <Article markdown={text(safe)} />
      </div>
      <div>
        <h3 className="mb-1 font-medium">{t("whoseIsIt")}</h3>
        <Article markdown={text(side)} />
      </div>
      {mayRun && (
        <details open={isFirst}>
          <summary className="cursor-pointer font-medium">{t("sreDoes")}</summary>
          <div className="mt-1">
            <Article markdown={text(sre)} />
          </div>
        </details>
      )}
      <p className="text-xs">
        <Link href={`/knowledge/cause/${cause.id}`} className="text-accent hover:underline">
          {t("wholeArticle")}
        </Link>
      </p>
    </div>
  );
}

/** @param props.place of the cause in the answer: its evidence carries the same number */
export function CauseCard(props: { cause: ShownCause; place: number; isFirst?: boolean }): ReactNode {
  const { cause, place, isFirst = false } = props;
  const t = useTranslations("diagnose");
  const text = useText();
  const head = (
    <>
      <span className="min-w-0 font-medium">
        <span aria-hidden className="mr-1.5 text-muted">
          {place + 1}
        </span>
        {text(cause.title)}
      </span>
      <StateBadge look={sideLook[cause.side]} label={t(`sides.${cause.side}`)} />
      <Certainty cause={cause} />
    </>
  );
  if (!isFirst)
    return (
      <details className="rounded-md border bg-surface px-4 py-2">
        <summary className="flex cursor-pointer flex-wrap items-center gap-x-3 gap-y-1">{head}</summary>
        <div className="mt-3">
          <Measured cause={cause} />
          <Body cause={cause} isFirst={false} />
        </div>
      </details>
    );
  return (
    <Panel className="px-5 py-4">
      <h2 className="mb-3 flex flex-wrap items-center gap-x-3 gap-y-1 text-base">{head}</h2>
      <Measured cause={cause} />
      <Body cause={cause} isFirst />
    </Panel>
  );
}

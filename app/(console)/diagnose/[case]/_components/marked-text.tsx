// What was pasted, with the places that gave the answer away; a long text is shown around them.
"use client";
import { useTranslations } from "next-intl";
import { type ReactNode, useMemo, useState } from "react";
import type { CaseDetail } from "../../../../../server/diagnosis/schema.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { Button } from "../../../../_ui/button.tsx";
import { cn } from "../../../../_ui/cn.ts";
import { piecesOf, shownRanges } from "../../_components/marks.ts";

export function MarkedText({ found }: { found: CaseDetail }): ReactNode {
  const t = useTranslations("diagnose");
  const text = useText();
  const [isWhole, setWhole] = useState(false);
  const evidence = useMemo(() => found.causes.map((cause) => cause.evidence), [found.causes]);
  const ranges = useMemo(() => shownRanges(found.text, evidence), [found.text, evidence]);
  const isCut = ranges.length !== 1 || ranges[0]?.start !== 0 || ranges[0].end !== found.text.length;
  const shown = isWhole ? [{ start: 0, end: found.text.length }] : ranges;
  return (
    <div>
      {/* A region that scrolls is reached by the keyboard. */}
      <section
        tabIndex={0}
        aria-label={t("pasted")}
        className="max-h-[32rem] overflow-auto rounded-md border bg-surface p-3"
      >
        {shown.map(({ start, end }, at) => (
          <pre
            key={start}
            className={cn(
              "whitespace-pre-wrap break-all font-mono text-xs",
              at > 0 && "mt-2 border-t border-dashed pt-2",
            )}
          >
            {piecesOf(
              found.text.slice(start, end),
              evidence.map((places) => places.map((place) => ({ start: place.start - start, end: place.end - start }))),
            ).map((piece) => {
              const cause = piece.cause === null ? undefined : found.causes[piece.cause];
              return cause && piece.cause !== null ? (
                <mark
                  key={piece.start}
                  title={text(cause.title)}
                  className={cn(
                    "rounded-[2px] px-0.5 text-text",
                    piece.cause === 0 ? "bg-accent/25 font-medium" : "bg-degraded/20",
                  )}
                >
                  {piece.text}
                  <sup className="select-none text-[9px] text-muted">{piece.cause + 1}</sup>
                </mark>
              ) : (
                <span key={piece.start}>{piece.text}</span>
              );
            })}
          </pre>
        ))}
      </section>
      <div className="mt-1 flex flex-wrap items-center gap-3 text-muted text-xs">
        {isCut && (
          <Button look="ghost" onClick={() => setWhole(!isWhole)}>
            {t(isWhole ? "showAround" : "showWhole")}
          </Button>
        )}
        {found.cutChars > 0 && <span>{t("cutMiddle", { count: found.cutChars })}</span>}
        {found.isCutShort && <span className="text-degraded">{t("cutShort")}</span>}
      </div>
    </div>
  );
}

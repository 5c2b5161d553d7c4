// What stands over a finding: the incident that it is part of, the mute that covers it, and where the product stands with it.
"use client";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { FindingDetail } from "../../../../../server/findings/schema.ts";
import type { LadderState } from "../../../../../server/repairs/schema.ts";
import { dateTime } from "../../../../_lib/format.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { Button } from "../../../../_ui/button.tsx";
import { useEndMute } from "../../../../_ui/mute-list.tsx";
import { Section } from "../../../../_ui/page-parts.tsx";
import { type Look, repairLook } from "../../../../_ui/state.ts";
import { StateBadge, StateShape } from "../../../../_ui/state-badge.tsx";
import { RelativeTime } from "../../../../_ui/values.tsx";

/** A line above everything else, with its shape. */
function Notice({ look, children, action }: { look: Look; children: ReactNode; action?: ReactNode }): ReactNode {
  return (
    <div className="flex flex-wrap items-start gap-x-3 gap-y-2 rounded-md border bg-surface px-3 py-2">
      <StateShape look={look} className="mt-1 size-3.5" />
      <div className="min-w-0 flex-1 basis-60">{children}</div>
      {action}
    </div>
  );
}

function HeldBy({ incident }: { incident: NonNullable<FindingDetail["incident"]> }): ReactNode {
  const t = useTranslations("finding");
  const text = useText();
  return (
    <Notice look={{ tone: "unhealthy", shape: "square" }}>
      <p className="font-medium">{t("partOf", { count: incident.nodeCount })}</p>
      <p>
        <Link href={`/incidents/${incident.id}`} className="text-accent hover:underline">
          {text(incident.title)}
        </Link>{" "}
        <span className="text-muted">{t("partOfHint")}</span>
      </p>
    </Notice>
  );
}

function MutedBy({ mute }: { mute: NonNullable<FindingDetail["mute"]> }): ReactNode {
  const t = useTranslations("finding");
  const tMutes = useTranslations("mutes");
  const locale = useLocale();
  const mayMute = useCan("findings:write");
  const end = useEndMute();
  return (
    <Notice
      look={{ tone: "maintenance", shape: "pause" }}
      action={
        mayMute && (
          <Button size="small" disabled={end.isPending} onClick={() => end.mutate({ id: mute.id })}>
            {tMutes("endMute")}
          </Button>
        )
      }
    >
      <p className="font-medium">{t("mutedUntil", { until: dateTime(mute.expiresAt, locale) })}</p>
      <p className="text-muted">
        {mute.reason} · {t("mutedHint")}
      </p>
    </Notice>
  );
}

/** Above the finding: the shared cause first, then what was asked not to be told. */
export function Notices({ finding }: { finding: FindingDetail }): ReactNode {
  if (!finding.incident && !finding.mute) return null;
  return (
    <div className="mb-5 flex flex-col gap-2">
      {finding.incident && <HeldBy incident={finding.incident} />}
      {finding.mute && <MutedBy mute={finding.mute} />}
    </div>
  );
}

const ladderLook: Record<LadderState["state"], Look> = {
  next: { tone: "accent", shape: "progress" },
  wait: { tone: "unknown", shape: "dotted" },
  held: { tone: "maintenance", shape: "pause" },
  person: { tone: "degraded", shape: "triangle" },
};

/** How far the product may go by itself here, what it tried, and what comes next. */
export function Automation({ finding }: { finding: FindingDetail }): ReactNode {
  const t = useTranslations();
  const text = useText();
  const locale = useLocale();
  const { ladder, mode } = finding;
  return (
    <Section
      title={t("finding.automation")}
      note={
        <Link href={`/checks/${finding.checkId}`} title={t(`modes.hints.${mode}`)} className="hover:underline">
          {t("modes.mode")}: {t(`modes.names.${mode}`)}
        </Link>
      }
    >
      {ladder ? (
        <div className="flex flex-col gap-1.5">
          <StateBadge look={ladderLook[ladder.state]} label={t(`finding.ladder.${ladder.state}`)} />
          {/* A hold is told above, with the way to its incident. */}
          {ladder.state !== "held" && <p>{text(ladder.text)}</p>}
          {ladder.at && <p className="text-muted">{t("finding.nextAt", { at: dateTime(ladder.at, locale) })}</p>}
          {ladder.tried.length > 0 && (
            <ul className="flex flex-col gap-0.5">
              {ladder.tried.map((attempt) => (
                <li
                  key={`${attempt.repairId} ${attempt.endedAt?.getTime() ?? "now"}`}
                  className="flex flex-wrap items-baseline gap-x-2"
                >
                  <StateBadge look={repairLook[attempt.state]} label={t(`repairState.${attempt.state}`)} />
                  <span>{text(attempt.title)}</span>
                  {attempt.endedAt && <RelativeTime at={attempt.endedAt} className="text-muted text-xs" />}
                </li>
              ))}
            </ul>
          )}
        </div>
      ) : (
        <p className="text-muted">{t(mode === "observe" ? "finding.onlyObserved" : "finding.noLadder")}</p>
      )}
    </Section>
  );
}

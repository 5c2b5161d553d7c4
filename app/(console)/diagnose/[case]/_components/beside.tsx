// What belongs to an answer: how the error came about, what an exit code means, what was looked at, what is open on the node.
"use client";
import Link from "next/link";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { CaseDetail } from "../../../../../server/diagnosis/schema.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { Section } from "../../../../_ui/page-parts.tsx";
import { severityLook } from "../../../../_ui/state.ts";
import { StateShape } from "../../../../_ui/state-badge.tsx";
import { RelativeTime } from "../../../../_ui/values.tsx";

/** The nested error, outer to inner, and the meanings of exit codes in the text. */
export function Chain({ found }: { found: CaseDetail }): ReactNode {
  const t = useTranslations("diagnose");
  const text = useText();
  return (
    <>
      {found.chain.length > 1 && (
        <Section
          title={t("chain")}
          note={[found.rpc, found.code, ...found.components].filter((part) => part !== null).join(" · ")}
        >
          <ol className="flex flex-col gap-1 border-l-2 pl-3">
            {found.chain.map((link, at) => (
              <li
                key={link.start}
                className={`break-words font-mono text-xs ${at === found.chain.length - 1 ? "font-medium" : "text-muted"}`}
              >
                {link.text}
              </li>
            ))}
          </ol>
        </Section>
      )}
      {found.exitCodes.length > 0 && (
        <Section title={t("exitCodes")}>
          <dl className="flex flex-col gap-2">
            {found.exitCodes.map((exit) => (
              <div key={exit.code}>
                <dt className="font-medium">
                  <span className="font-mono">{exit.code}</span>
                  {exit.signal && <span className="ml-2 text-muted text-xs">{exit.signal}</span>}
                </dt>
                <dd>
                  {text(exit.title)}
                  {exit.also && <span className="block text-muted text-xs">{text(exit.also)}</span>}
                </dd>
              </div>
            ))}
          </dl>
        </Section>
      )}
    </>
  );
}

export function Observations({ found }: { found: CaseDetail }): ReactNode {
  const t = useTranslations("diagnose");
  const text = useText();
  if (found.observations.length === 0) return null;
  return (
    <Section title={t("lookedAt")}>
      <dl className="flex flex-col gap-1.5">
        {found.observations.map((seen) => (
          <div key={`${seen.label.en} ${seen.value.en}`} className="flex flex-wrap justify-between gap-x-3">
            <dt className="text-muted">{text(seen.label)}</dt>
            <dd className={seen.isAbnormal ? "break-words font-medium text-degraded" : "break-words"}>
              {seen.isAbnormal && <span className="sr-only">{t("abnormal")} </span>}
              {text(seen.value)}
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}

export function Findings({ found }: { found: CaseDetail }): ReactNode {
  const t = useTranslations("diagnose");
  const text = useText();
  const mayRun = useCan("repairs:run");
  if (found.findings.length === 0) return null;
  return (
    <Section title={t("onTheNode")}>
      <ul className="flex flex-col gap-2">
        {found.findings.map((finding) => (
          <li key={finding.id} className="flex items-baseline gap-2">
            <StateShape look={severityLook[finding.severity]} className="translate-y-0.5" />
            <span className="min-w-0">
              {mayRun ? (
                <Link href={`/findings/${finding.id}`} className="hover:underline">
                  {text(finding.title)}
                </Link>
              ) : (
                text(finding.title)
              )}
              <span className="block text-muted text-xs">
                {finding.isPresent ? (
                  <>
                    {t("since")} <RelativeTime at={finding.since} />
                    {finding.isWorkedOn && ` · ${t("workedOn")}`}
                  </>
                ) : (
                  t("isOver")
                )}
                {finding.incident && ` · ${text(finding.incident.title)}`}
              </span>
              {finding.detail && <span className="block break-words text-xs">{text(finding.detail.message)}</span>}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

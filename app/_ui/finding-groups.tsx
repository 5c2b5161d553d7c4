// Findings by cause: what it is, how wide, since when, what to do; the nodes under it on demand.
"use client";
import { ChevronRight } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import type { FindingGroup, FindingRow } from "../../server/findings/schema.ts";
import { shortId } from "../_lib/format.ts";
import { useCan } from "../_lib/use-me.ts";
import { useText } from "../_lib/use-text.ts";
import { Button, ButtonLink } from "./button.tsx";
import { cn } from "./cn.ts";
import { Panel } from "./page-parts.tsx";
import { Sparkline } from "./sparkline.tsx";
import { findingLook, severityLook } from "./state.ts";
import { StateBadge, StateShape } from "./state-badge.tsx";
import { RelativeTime } from "./values.tsx";

/** The repair that runs, or the way to the one that is suggested; while an incident holds it, the way there. `inIncident`: the reader is there already. */
export function RepairLink({ finding, inIncident }: { finding: FindingRow; inIncident?: boolean }): ReactNode {
  const t = useTranslations("findings");
  const text = useText();
  const mayRun = useCan("repairs:run");
  if (finding.activeRepairId) {
    return (
      <ButtonLink size="small" href={`/repairs/${finding.activeRepairId}`}>
        {t("repairing")}
      </ButtonLink>
    );
  }
  if (!finding.suggestedRepair || finding.state === "closed" || !mayRun) return null;
  if (finding.incident && !inIncident) {
    return (
      <ButtonLink
        size="small"
        look="ghost"
        href={`/incidents/${finding.incident.id}`}
        title={text(finding.incident.title)}
        aria-label={t("heldBy", { incident: text(finding.incident.title), node: finding.nodeName })}
      >
        {t("held")}
      </ButtonLink>
    );
  }
  const title = text(finding.suggestedRepair.title);
  return (
    <ButtonLink
      size="small"
      href={`/findings/${finding.id}?repair=${finding.suggestedRepair.id}`}
      aria-label={t("repairOn", { repair: title, node: finding.nodeName })}
      title={title}
    >
      {t("repair")}
    </ButtonLink>
  );
}

function Member({ finding }: { finding: FindingRow }): ReactNode {
  const t = useTranslations("findingState");
  const text = useText();
  return (
    <li data-row className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t px-3 py-1.5 pl-10 hover:bg-sunken/70">
      <StateBadge look={findingLook[finding.state]} label={t(finding.state)} className="w-24" />
      <Link href={`/findings/${finding.id}`} className="font-medium hover:underline">
        {finding.nodeName}
      </Link>
      <span className="font-mono text-muted text-xs">{shortId(finding.subject)}</span>
      <span className="min-w-0 flex-1 basis-60 truncate text-muted" title={text(finding.message)}>
        {text(finding.message)}
      </span>
      <RelativeTime at={finding.firstSeenAt} className="text-muted text-xs" />
      <RepairLink finding={finding} />
    </li>
  );
}

function Group({ group }: { group: FindingGroup }): ReactNode {
  const t = useTranslations("findings");
  const text = useText();
  const [isOpen, setOpen] = useState(false);
  const only = group.findings.length === 1 ? group.findings[0] : undefined;
  const href = only ? `/findings/${only.id}` : `/findings?view=flat&check=${group.checkId}`;
  return (
    <li className="border-b last:border-b-0">
      <div data-row className="flex items-start gap-2 px-3 py-2.5 hover:bg-sunken/70 max-sm:flex-wrap">
        <Button
          look="ghost"
          size="icon"
          className="size-6"
          aria-expanded={isOpen}
          aria-label={t(isOpen ? "hideNodes" : "showNodes", { title: text(group.title) })}
          onClick={() => setOpen(!isOpen)}
        >
          <ChevronRight aria-hidden className={cn("transition-transform duration-100", isOpen && "rotate-90")} />
        </Button>
        <StateShape look={severityLook[group.severity]} className="mt-1.5" />
        <div className="min-w-0 flex-1 max-sm:basis-[70%]">
          <div className="flex flex-wrap items-baseline gap-x-3">
            <Link href={href} className="font-medium hover:underline">
              {text(group.title)}
            </Link>
            <span className="text-muted text-xs">
              {only
                ? `${only.nodeName} · ${shortId(only.subject)}`
                : t("spread", { nodes: group.nodeCount, findings: group.findingCount })}
            </span>
            {group.causeKey && !only && (
              <span className="max-w-full truncate font-mono text-muted text-xs">{group.causeKey}</span>
            )}
          </div>
          <p className="mt-0.5 max-w-[90ch] text-muted">{only ? text(only.message) : text(group.suggestion)}</p>
        </div>
        <div className="flex shrink-0 items-center gap-3 max-sm:basis-full max-sm:justify-between max-sm:pl-13">
          <span className="max-sm:hidden">
            <Sparkline values={group.spread} label={t("sparkline")} />
          </span>
          <RelativeTime at={group.firstSeenAt} className="text-muted text-xs" />
          {only && <RepairLink finding={only} />}
        </div>
      </div>
      {isOpen && (
        <ul>
          {group.findings.map((finding) => (
            <Member key={finding.id} finding={finding} />
          ))}
          {group.findingCount > group.findings.length && (
            <li className="border-t px-3 py-1.5 pl-10">
              <Link href={`/findings?view=flat&check=${group.checkId}`} className="text-accent hover:underline">
                {t("allOfGroup", { count: group.findingCount })}
              </Link>
            </li>
          )}
        </ul>
      )}
    </li>
  );
}

/** Most severe and widest first, as the server sorts them. */
export function FindingGroups({ groups }: { groups: FindingGroup[] }): ReactNode {
  return (
    <Panel>
      <ul>
        {groups.map((group) => (
          <Group key={group.key} group={group} />
        ))}
      </ul>
    </Panel>
  );
}

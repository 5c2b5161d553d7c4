// Private to the findings domain: columns of a row, its mapping, and the conditions that lists share.

import type { Severity } from "../../checks/define.ts";
import type { Prisma } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import { repairsForCheck } from "../../repairs/index.ts";
import { isUuid, type Scope } from "../core/scope.ts";
import type { RowWords } from "./row-words.ts";
import { type FindingRow, FindingState } from "./schema.ts";

export const findingColumns = {
  id: true,
  nodeId: true,
  checkId: true,
  subject: true,
  state: true,
  severity: true,
  reason: true,
  message: true,
  causeKey: true,
  firstSeenAt: true,
  openedAt: true,
  lastSeenAt: true,
  closedAt: true,
  closeReason: true,
  flapCount: true,
  acknowledgedBy: true,
  node: { select: { name: true, pool: true, zone: true } },
  repairs: { where: { activeKey: { not: null } }, select: { id: true }, take: 1 },
  wasReal: true,
  mute: { select: { id: true, reason: true, expiresAt: true } },
  incident: { select: { id: true, title: true, state: true } },
} as const satisfies Prisma.FindingSelect;

type Raw = Prisma.FindingGetPayload<{ select: typeof findingColumns }>;

/** Worst first. */
export const severities: readonly Severity[] = ["critical", "warning", "info"];

/** Worst first; what is stored was written by a check, anything else reads as a warning. */
const toSeverity = (value: string): Severity => severities.find((s) => s === value) ?? "warning";
export const severityRank = (severity: Severity): number => severities.indexOf(severity);

/** Text written by a check as {en, zh}. */
function toText(value: unknown): Text {
  const { en, zh } = (value ?? {}) as Partial<Text>;
  return { en: en ?? "", zh: zh ?? en ?? "" };
}

export function toFindingRow(
  { node, repairs, message, severity, state, incident, ...raw }: Raw,
  { nameOf, titleOf, nodesOf, modeOf }: RowWords,
): FindingRow {
  const isObserved = modeOf(raw.checkId, node.pool, raw.nodeId) === "observe";
  const suggested = isObserved ? undefined : repairsForCheck(raw.checkId)[0];
  return {
    ...raw,
    acknowledgedBy: raw.acknowledgedBy && nameOf(raw.acknowledgedBy),
    nodeName: node.name,
    pool: node.pool,
    zone: node.zone,
    title: titleOf(raw.checkId),
    message: toText(message),
    severity: toSeverity(severity),
    state: FindingState.parse(state),
    activeRepairId: repairs[0]?.id ?? null,
    incident:
      incident?.state === "open"
        ? { id: incident.id, title: toText(incident.title), nodeCount: nodesOf(incident.id) }
        : null,
    suggestedRepair: suggested ? { id: suggested.id, title: suggested.title, risk: suggested.risk } : null,
  };
}

export const visibleStates = ["open", "flapping", "recovering"];

export type FindingFilter = {
  state: "visible" | "closed" | "all";
  severity: string[];
  checkId: string[];
  node?: string | undefined;
  muted: "hide" | "only" | "all";
  incident?: string | undefined;
  search: string;
};

/** Conditions as a list can have them, within the scope; `leave` takes one out, for the counts of its own menu. A debounce is never shown. */
export function findingWhere(
  { state, severity, checkId, node, muted, incident, search }: FindingFilter,
  scope: Scope,
  leave?: "severity" | "checkId",
): Prisma.FindingWhereInput {
  const text = { contains: search, mode: "insensitive" as const };
  const own = node === undefined ? {} : isUuid(node) ? { id: node } : { name: node };
  return {
    state: state === "visible" ? { in: visibleStates } : state === "closed" ? "closed" : { not: "pending" },
    node: { AND: [{ revokedAt: null, ...own }, scope.where] },
    isShadow: false,
    ...(muted === "all" ? {} : { muteId: muted === "hide" ? null : { not: null } }),
    ...(incident === undefined ? {} : { incidentId: incident }),
    ...(severity.length > 0 && leave !== "severity" ? { severity: { in: severity } } : {}),
    ...(checkId.length > 0 && leave !== "checkId" ? { checkId: { in: checkId } } : {}),
    ...(search
      ? {
          OR: [
            { subject: text },
            { checkId: text },
            { reason: text },
            { node: { name: text } },
            { message: { path: ["en"], string_contains: search, mode: "insensitive" } },
            { message: { path: ["zh"], string_contains: search } },
          ],
        }
      : {}),
  };
}

// Private to the findings domain: columns of a row, its mapping, and the conditions that lists share.

import type { Severity } from "../../checks/define.ts";
import { checkById } from "../../checks/index.ts";
import type { Prisma } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import { repairsForCheck } from "../../repairs/index.ts";
import { isUuid, type Scope } from "../core/scope.ts";
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

/** Title of a check; of one that left the catalogue its id. */
export const checkTitle = (checkId: string): Text => checkById(checkId)?.title ?? { en: checkId, zh: checkId };

/** @param nameOf name of the actor of a reference */
export function toFindingRow(
  { node, repairs, message, severity, state, ...raw }: Raw,
  nameOf: (ref: string) => string,
): FindingRow {
  const suggested = repairsForCheck(raw.checkId)[0];
  return {
    ...raw,
    acknowledgedBy: raw.acknowledgedBy && nameOf(raw.acknowledgedBy),
    nodeName: node.name,
    pool: node.pool,
    zone: node.zone,
    title: checkTitle(raw.checkId),
    message: toText(message),
    severity: toSeverity(severity),
    state: FindingState.parse(state),
    activeRepairId: repairs[0]?.id ?? null,
    suggestedRepair: suggested ? { id: suggested.id, title: suggested.title, risk: suggested.risk } : null,
  };
}

export const visibleStates = ["open", "flapping", "recovering"];

export type FindingFilter = {
  state: "visible" | "closed" | "all";
  severity: string[];
  checkId: string[];
  node?: string | undefined;
  search: string;
};

/** Conditions as a list can have them, within the scope; `leave` takes one out, for the counts of its own menu. A debounce is never shown. */
export function findingWhere(
  { state, severity, checkId, node, search }: FindingFilter,
  scope: Scope,
  leave?: "severity" | "checkId",
): Prisma.FindingWhereInput {
  const text = { contains: search, mode: "insensitive" as const };
  const own = node === undefined ? {} : isUuid(node) ? { id: node } : { name: node };
  return {
    state: state === "visible" ? { in: visibleStates } : state === "closed" ? "closed" : { not: "pending" },
    node: { AND: [{ revokedAt: null, ...own }, scope.where] },
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

// Open troubles of a node as diagnosis weighs and shows them: to people without rights on nodes in plain words only.
import { type Severity, severities } from "../../checks/define.ts";
import { checkById } from "../../checks/index.ts";
import type { Prisma, PrismaClient } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import type { Tx } from "../core/context.ts";
import { checkTitles } from "../inspections/titles.ts";
import { sideOfCheck } from "./check-sides.ts";
import type { CaseFinding, CaseSubject } from "./schema.ts";
import type { SeenFinding } from "./verdict.ts";

type Db = PrismaClient | Tx;

const FINDINGS_MAX = 200;

const columns = {
  id: true,
  checkId: true,
  subject: true,
  state: true,
  severity: true,
  message: true,
  params: true,
  firstSeenAt: true,
  openedAt: true,
  incident: { select: { id: true, title: true, state: true } },
  repairs: { where: { endedAt: null }, select: { id: true }, take: 1 },
} as const satisfies Prisma.FindingSelect;
export type FindingRow = Prisma.FindingGetPayload<{ select: typeof columns }>;

const SHARED_CAUSE: Text = { en: "part of a larger incident", zh: "属于一起更大的事件" };

const present = ["open", "flapping"];
/** What a check wrote as {en, zh}. */
const toText = (value: unknown): Text => {
  const { en = "", zh = en } = (value ?? {}) as Partial<Text>;
  return { en, zh };
};
export const toSeverity = (value: string): Severity => severities.find((one) => one === value) ?? "warning";

/** Whether a finding names this very container or its pod. */
export function isAbout(
  { subject, params, message }: { subject: string; params: unknown; message: unknown },
  of: Pick<CaseSubject, "containerId" | "podName"> | null,
): boolean {
  if (!of) return false;
  const { containerId, podName } = of;
  const named = (params ?? {}) as { containerId?: unknown };
  if (containerId && (subject.includes(containerId) || named.containerId === containerId)) return true;
  // A shim or a network space carries its own name as subject; whose it is, its message says.
  const words = `${subject} ${toText(message).en}`.split(/[/\s:,()]+/);
  return podName !== null && podName !== "" && words.includes(podName);
}

/** Findings that are there now, muted ones left out. */
export const presentFindings = (db: Db, nodeId: string): Promise<FindingRow[]> =>
  db.finding.findMany({
    where: { nodeId, state: { in: present }, isShadow: false, muteId: null },
    orderBy: { firstSeenAt: "asc" },
    take: FINDINGS_MAX,
    select: columns,
  });

/** For the verdict. */
export async function seenFindings(
  db: Db,
  rows: readonly FindingRow[],
  subject: CaseSubject | null,
): Promise<SeenFinding[]> {
  const titleOf = await checkTitles(db);
  return rows.map((row) => {
    const check = checkById(row.checkId);
    return {
      id: row.id,
      checkId: row.checkId,
      area: check?.area ?? null,
      severity: toSeverity(row.severity),
      side: sideOfCheck(row.checkId, check !== undefined),
      isAboutSubject: isAbout(row, subject),
      title: titleOf(row.checkId),
    };
  });
}

/**
 * Findings of a stored answer as they are now.
 * @param plain leave out what only people with rights on nodes read
 */
export async function shownFindings(
  db: Db,
  nodeId: string,
  ids: readonly string[],
  subject: CaseSubject | null,
  plain: boolean,
): Promise<CaseFinding[]> {
  if (ids.length === 0) return [];
  const rows = await db.finding.findMany({ where: { id: { in: [...ids] }, nodeId, isShadow: false }, select: columns });
  const titleOf = await checkTitles(db);
  const place = (id: string) => ids.indexOf(id);
  return rows
    .sort((a, b) => place(a.id) - place(b.id))
    .map((row) => ({
      id: row.id,
      checkId: row.checkId,
      title: titleOf(row.checkId),
      severity: toSeverity(row.severity),
      side: sideOfCheck(row.checkId, checkById(row.checkId) !== undefined),
      isAboutSubject: isAbout(row, subject),
      since: row.openedAt ?? row.firstSeenAt,
      isPresent: present.includes(row.state),
      isWorkedOn: row.repairs.length > 0,
      // Its title names racks, pools and kernels, also of parts of the fleet that are not theirs.
      incident:
        row.incident?.state === "open"
          ? { id: row.incident.id, title: plain ? SHARED_CAUSE : toText(row.incident.title) }
          : null,
      detail: plain ? null : { subject: row.subject, message: toText(row.message) },
    }));
}

// Private to the diagnosis domain: the rows of cases, what their answers hold, and who may see one.

import type { Prisma, PrismaClient } from "../../generated/prisma/client.ts";
import { holds } from "../core/access.ts";
import type { ChangeDomain } from "../core/changes.ts";
import { type Actor, actorRef, personOf, type Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { type Scope, scopeFor } from "../core/scope.ts";
import type { Seen } from "./evidence.ts";
import type { CaseSubject, Place, ShownCause, Verdict as ShownVerdict, VerdictSide } from "./schema.ts";

type Db = PrismaClient | Tx;

/** `answer` as `ask` and `live` write it: what does not change any more. The rest is read when it is shown. */
export type StoredAnswer = {
  verdict: ShownVerdict;
  causes: (Pick<ShownCause, "id" | "confidence" | "basis"> & { evidence: readonly Place[] })[];
  redacted: number;
  chain: (Place & { text: string })[];
  rpc: string | null;
  code: string | null;
  components: readonly string[];
  exitCodes: readonly number[];
  cutChars: number;
  isCutShort: boolean;
  subject: CaseSubject | null;
  observations: readonly Seen[];
  /** Findings that bear on it, most telling first. */
  findingIds: readonly string[];
};

/** Written by us as such. */
export const toAnswer = (answer: Prisma.JsonValue): StoredAnswer => answer as unknown as StoredAnswer;

export const caseColumns = {
  id: true,
  kind: true,
  input: true,
  nodeId: true,
  answer: true,
  isKnown: true,
  topCause: true,
  side: true,
  feedback: true,
  feedbackNote: true,
  feedbackAt: true,
  rightCause: true,
  repairRunId: true,
  state: true,
  askedBy: true,
  askedByName: true,
  createdAt: true,
} as const satisfies Prisma.DiagnosisCaseSelect;
export type CaseRow = Prisma.DiagnosisCaseGetPayload<{ select: typeof caseColumns }>;

/** Whose a case is: the person's, also where a token of theirs asked. */
export const askerOf = (actor: Actor): string => personOf(actor) ?? actorRef(actor);

const sides: readonly VerdictSide[] = ["yours", "ours", "either", "unsure"];
export const toSide = (side: string): VerdictSide => sides.find((one) => one === side) ?? "unsure";

export const changed = (id: string): { domain: ChangeDomain; ids: string[] } => ({ domain: "diagnosis", ids: [id] });

const isOn = async (db: Db, scope: Scope, nodeId: string): Promise<boolean> =>
  scope.isWhole || (await db.node.count({ where: { AND: [{ id: nodeId }, scope.where] } })) > 0;

/**
 * A case that the actor may see: their own, or one of the part that they review. A case about a node ends with the right to that node.
 * @param scope where the actor may do what they ask for
 * @throws AppError("not_found") outside of it, ("forbidden") for somebody else's case in it
 */
export async function visibleCase(db: Db, actor: Actor, scope: Scope, id: string): Promise<CaseRow> {
  const row = await db.diagnosisCase.findUnique({ where: { id }, select: caseColumns });
  const entity = ["diagnosis", id] as const;
  const missing = (isForeign: boolean) =>
    new AppError("not_found", `no case ${id}`, { publicMessage: "There is no such case.", entity, isForeign });
  if (!row) throw missing(false);
  const isOwn = row.askedBy === askerOf(actor);
  const reviewed = scopeFor(actor, "diagnosis:review");
  const { nodeId } = row;
  if (nodeId === null) {
    if (isOwn || reviewed.isWhole) return row;
    throw missing(true);
  }
  if (!(await isOn(db, scope, nodeId))) throw missing(true);
  if (isOwn || (await isOn(db, reviewed, nodeId))) return row;
  throw new AppError("forbidden", `case ${id} is not one of ${actorRef(actor)}`, {
    publicMessage: "This is somebody else's question.",
    entity,
  });
}

/** Whether the actor has only what users have on this node: then they are told in plain words. */
export async function isPlain(db: Db, actor: Actor, nodeId: string | null): Promise<boolean> {
  const staff = { grants: actor.grants.filter(({ role }) => role !== "user") };
  const scope = scopeFor(staff, "nodes:read");
  if (nodeId === null) return !holds(staff, "nodes:read");
  return !(await isOn(db, scope, nodeId));
}

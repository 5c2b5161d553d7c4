// Private to the repairs domain: columns of a row and their mapping.
import type { Prisma } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import type { Guard, Plan, RepairDefinition, Risk } from "../../repairs/define.ts";
import { type RepairOrigin, type RepairRow, RepairState } from "./schema.ts";
import { repairTitle } from "./title.ts";

/** `Repair.plan` as `start` writes it. */
export type StoredPlan = Plan & { guards: Guard[] };
/** Written by us, from values of these very types. */
export const toPlan = (plan: Prisma.JsonValue): StoredPlan => plan as unknown as StoredPlan;
export const toOutcome = (outcome: Prisma.JsonValue | null): Text | null => outcome as Text | null;

const origins: readonly RepairOrigin[] = ["person", "override", "approve", "auto"];
const risks: readonly Risk[] = ["safe", "disruptive", "destructive"];

export const repairColumns = {
  id: true,
  repairId: true,
  nodeId: true,
  findingId: true,
  undoOfId: true,
  risk: true,
  plan: true,
  state: true,
  step: true,
  outcome: true,
  requestedBy: true,
  origin: true,
  checkId: true,
  subject: true,
  createdAt: true,
  startedAt: true,
  endedAt: true,
  node: { select: { name: true } },
  finding: { select: { checkId: true, subject: true } },
} as const satisfies Prisma.RepairSelect;

type Raw = Prisma.RepairGetPayload<{ select: typeof repairColumns }>;

/** @param nameOf name of the actor of a reference */
export function toRepairRow(
  { plan, node, finding, undoOfId, risk, state, outcome, origin, checkId, subject, ...raw }: Raw,
  nameOf: (ref: string) => string,
): RepairRow {
  return {
    ...raw,
    requestedBy: nameOf(raw.requestedBy),
    title: repairTitle(raw.repairId, undoOfId !== null),
    risk: risks.find((r) => r === risk) ?? "destructive",
    nodeName: node.name,
    // Runs of before these columns say it by their finding alone.
    checkId: checkId ?? finding?.checkId ?? null,
    subject: checkId === null ? (finding?.subject ?? null) : subject,
    origin: origins.find((one) => one === origin) ?? "person",
    state: RepairState.parse(state),
    stepCount: toPlan(plan).steps.length,
    outcome: toOutcome(outcome),
    isUndo: undoOfId !== null,
  };
}

type Times = Pick<RepairDefinition, "settleMs" | "verifyWithinMs">;

/** Times of a definition; a repair that left the catalogue ends by the longest. */
export const timesOf = (definition: RepairDefinition | undefined): Times => ({
  settleMs: definition?.settleMs ?? 0,
  verifyWithinMs: definition?.verifyWithinMs ?? 120_000,
});

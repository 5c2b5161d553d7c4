// Private to the debugger: columns of a run and their mapping.
import type { Prisma } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import { type DebugRow, debugStates } from "./schema.ts";

export const debugColumns = {
  id: true,
  nodeId: true,
  subject: true,
  state: true,
  outcome: true,
  requestedBy: true,
  createdAt: true,
  endedAt: true,
  node: { select: { name: true } },
} as const satisfies Prisma.RepairSelect;

type Raw = Prisma.RepairGetPayload<{ select: typeof debugColumns }>;

/** @param nameOf name of the actor of a reference */
export function toDebugRow(
  { node, subject, state, outcome, requestedBy, ...raw }: Raw,
  nameOf: (ref: string) => string,
  containerName: string | null,
): DebugRow {
  return {
    ...raw,
    nodeName: node.name,
    containerId: subject === "" ? null : subject,
    containerName,
    state: debugStates.find((one) => one === state) ?? "running",
    outcome: state === "succeeded" ? null : (outcome as Text | null), // written by the engine
    requestedBy: nameOf(requestedBy),
  };
}

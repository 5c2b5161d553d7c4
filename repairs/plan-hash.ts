// The name of a plan: what people approve, what `start` is given, and what the dispatcher works out again before it signs.
import { createHash } from "node:crypto";
import { canonicalJson } from "../protocol/canonical-json.ts";
import type { Plan } from "./define.ts";

/**
 * sha-256 (hex) over what is approved: node, finding, repair and the plan to the byte. Guards' proofs change by the second and are left out.
 * @param input.repairId id in the catalogue; of an undo `undo/<id of the run it takes back>`
 */
export function planHashOf(input: {
  nodeId: string;
  findingId: string | null;
  repairId: string;
  plan: Plan | null;
}): string {
  const { nodeId, findingId, repairId, plan } = input;
  return createHash("sha256").update(canonicalJson({ nodeId, findingId, repairId, plan })).digest("hex");
}

/** `repairId` of the hash of an undo. */
export const undoRepairId = (runId: string): string => `undo/${runId}`;

// The name of a plan: what people approve, what `start` is given, and what the dispatcher works out again before it signs.
import { createHash } from "node:crypto";
import { canonicalJson } from "../protocol/canonical-json.ts";
import type { Plan } from "./define.ts";

/**
 * sha-256 (hex) over what is approved: node, finding, repair and the plan to the byte. Guards' proofs change by the second and are left out.
 * @param input.repairId id in the catalogue; of an undo `undo/<id of the run it takes back>`
 * @param planText the plan's canonical JSON, for whoever hashes the same plan for many nodes
 */
export function planHashOf(
  input: { nodeId: string; findingId: string | null; repairId: string; plan: Plan | null },
  planText = canonicalJson(input.plan),
): string {
  const { nodeId, findingId, repairId } = input;
  // Keys in their order: it is the canonical JSON of the four together.
  const text = `{"findingId":${JSON.stringify(findingId)},"nodeId":${JSON.stringify(nodeId)},"plan":${planText},"repairId":${JSON.stringify(repairId)}}`;
  return createHash("sha256").update(text).digest("hex");
}

/** `repairId` of the hash of an undo. */
export const undoRepairId = (runId: string): string => `undo/${runId}`;

// The names of what is approved: the change, the policy, the nodes. Made when a rollout is planned, shown, signed, and worked out again before each command.
import { createHash } from "node:crypto";
import { canonicalJson } from "../protocol/canonical-json.ts";

/** sha-256, hex. */
export const sha256Of = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Of {kind, params}; the parameters as the kind's own schema gives them back. */
export const changeHashOf = ({ kind, params }: { kind: string; params: unknown }): string =>
  sha256Of(canonicalJson({ kind, params }));

/** Of a policy (rollout/types.ts). */
export const policyHashOf = (policy: unknown): string => sha256Of(canonicalJson(policy));

// What should happen when somebody calls a verb, worked out a second time from the table of permissions alone. Tests hold the product against it;
// it shares no code with what decides in the product (server/core/authorise.ts, server/core/scope.ts, selectors/).
import { type On, type Permission, permissions, type Role } from "../server/core/access.ts";

export type ModelNode = { pool: string; labels: Record<string, string> };

/** A part of the fleet as the product's text and as what it means. */
export type Part = { text: string; isWhole: boolean; selects: (node: ModelNode) => boolean };

const part = (text: string, selects: (node: ModelNode) => boolean): Part => ({ text, isWhole: false, selects });

/** Parts that tests draw from; the broken ones select nothing and give nothing. */
export const parts = {
  whole: { text: "*", isWhole: true, selects: () => true },
  own: part("pool=own", ({ pool }) => pool === "own"),
  other: part("pool=other", ({ pool }) => pool === "other"),
  both: part("pool=own|other", ({ pool }) => pool === "own" || pool === "other"),
  notOwn: part("pool!=own", ({ pool }) => pool !== "own"),
  web: part("label:team=web", ({ labels }) => labels.team === "web"),
  notWeb: part("label:team!=web", ({ labels }) => labels.team !== "web"),
  ownWeb: part("pool=own label:team=web", ({ pool, labels }) => pool === "own" && labels.team === "web"),
  nobody: part("pool=own pool=other", () => false),
} as const satisfies Record<string, Part>;
export const brokenParts = ["", " ", "own", "pool=", "pool=own)", "* pool=own", "**"];

export type Subject =
  | { kind: "anonymous" }
  | {
      kind: "user" | "token";
      grants: readonly { role: Role; part: Part | null }[];
      /** Null: not limited. */
      scopes: readonly Permission[] | null;
    };

/** `not_found` is the answer about an object that lies outside; without an object (lists) outside is left out silently. */
export type Outcome = "unauthenticated" | "forbidden" | "not_found" | "allowed";

/** @param object the node that the call is about; null: none in particular */
export function expectedOutcome(
  { access, on }: { access: Permission; on: On },
  subject: Subject,
  object: ModelNode | null,
): Outcome {
  if (subject.kind === "anonymous") return "unauthenticated";
  if (on === "self" && access === "accounts:self" && subject.kind === "user") return "allowed";
  const allowed: readonly Role[] = permissions[access];
  let isAnywhere = false;
  let isEverywhere = false;
  let isHere = false;
  for (const { role, part } of subject.grants) {
    if (part === null || !allowed.includes(role)) continue;
    isAnywhere = true;
    if (part.isWhole) isEverywhere = true;
    if (object !== null && part.selects(object)) isHere = true;
  }
  if (subject.scopes !== null && !subject.scopes.some((scope) => scope === access)) return "forbidden";
  if (!isAnywhere) return "forbidden";
  if (on === "fleet" && !isEverywhere) return "forbidden";
  return on === "node" && object !== null && !isHere ? "not_found" : "allowed";
}

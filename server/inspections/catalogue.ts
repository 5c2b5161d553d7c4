// Which checks are evaluated: the built-in ones and those written at run time. The one source for inspections, patrols and back-tests.
//
// How to evaluate, from the outside in:
// - `inspect(db, nodeIds, now, options)` (evaluate.ts): facts → findings, stored. Its result counts per check what a patrol reports. `options.only`
//   limits it to some checks and leaves the others' findings and outcomes as they are; `options.isForced` looks even where nothing changed.
// - `lookAtNode({checks, view, live, predecessor, now})` (look.ts): pure; one node, every check, what becomes of each finding.
// - `askCheck(check, view, open)` (look.ts): pure; one check on one node's facts. A back-test is this over `toView(rows, …)` (facts.ts) of many nodes,
//   with nothing open.
// What is written at run time comes from custom-checks/active.ts alone.
import { createHash } from "node:crypto";
import type { Check } from "../../checks/define.ts";
import { checks as builtIn } from "../../checks/index.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Tx } from "../core/context.ts";
import { VERSION } from "../core/version.ts";
import { customActive } from "../custom-checks/active.ts";

export type Catalogue = {
  /** Causes before what they cause. */
  checks: readonly Check[];
  /** Ids of those in shadow mode: their findings are recorded and shown nowhere. */
  shadow: ReadonlySet<string>;
  /** Another one as soon as the same facts might come to another outcome. */
  hash: string;
};

/** In a node's own hash, behind the fleet's: it is asked a version that a rollout brings it (node-checks.ts). */
export const OWN_MARK = "~";

/** @param versions of checks that have one: their text may change while their id stays */
export function catalogueOf(
  checks: readonly Check[],
  shadow: ReadonlySet<string> = new Set(),
  versions: ReadonlyMap<string, number> = new Map(),
): Catalogue {
  const of = checks.map(({ id, thresholds, raiseAfterMs, clearAfterMs, factTtlMs, dependsOn, severity }) => [
    id,
    versions.get(id) ?? 0,
    shadow.has(id),
    [raiseAfterMs, clearAfterMs, factTtlMs, severity],
    thresholds,
    dependsOn ?? [],
  ]);
  const hash = createHash("sha256")
    .update(JSON.stringify([VERSION, of]))
    .digest("hex")
    .slice(0, 16);
  return { checks, shadow, hash };
}

const builtInOnly = catalogueOf(builtIn);
const builtInIds: ReadonlySet<string> = new Set(builtIn.map(({ id }) => id));

/** Whether the product comes with it. */
export const isBuiltIn = (checkId: string): boolean => builtInIds.has(checkId);

/** What is evaluated now. Checks written at run time stand behind the built-in ones: they may depend on those, never the other way round. */
export async function activeChecks(db: PrismaClient | Tx): Promise<Catalogue> {
  const custom = await customActive(db);
  if (custom.length === 0) return builtInOnly;
  return catalogueOf(
    [...builtIn, ...custom.map(({ check }) => check)],
    new Set(custom.filter(({ isShadow }) => isShadow).map(({ check }) => check.id)),
    new Map(custom.map(({ check, version }) => [check.id, version])),
  );
}

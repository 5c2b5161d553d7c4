// The catalogue of changes: the explicit list from which the wizard, rollouts and the dispatcher know what a change is.
// A kind that comes with what it needs, one file and one line here: "probe" (an artefact that a publisher signs and the agent verifies).
import type { z } from "zod";
import { checkChange } from "./check.ts";
import { commandChange } from "./command.ts";
import { configFileChange } from "./config-file.ts";
import type { ChangeDefinition } from "./define.ts";
import { hookChange } from "./hook.ts";
import { imagePrewarmChange } from "./image-prewarm.ts";
import { labelChange } from "./label.ts";
import { packageChange } from "./package.ts";
import { repairChange } from "./repair.ts";
import { sysctlChange } from "./sysctl.ts";

/** Every kind of change. */
export const changes = [
  repairChange,
  sysctlChange,
  configFileChange,
  imagePrewarmChange,
  commandChange,
  labelChange,
  checkChange,
  packageChange,
  hookChange,
] as const;

export type ChangeKind = (typeof changes)[number]["kind"];
/** A change whose parameters are known at run time only: they go through `params` before they are given to anything else of it. */
export type AnyChange = ChangeDefinition<string, z.ZodType>;

// Each function takes what its own `params` gave and nothing else, which no type over all of them can say.
const byKind = new Map<string, AnyChange>(changes.map((change) => [change.kind, change as unknown as AnyChange]));

/** The change of that kind; undefined for one that is not (or no longer) in the catalogue. */
export const changeByKind = (kind: string): AnyChange | undefined => byKind.get(kind);

/** The kind and its parsed parameters, or what is wrong with them. Never throws. */
export function parseChange(change: {
  kind: string;
  params: unknown;
}): { definition: AnyChange; params: Record<string, unknown> } | { error: string } {
  const definition = changeByKind(change.kind);
  if (!definition) return { error: `${change.kind} is not a kind of change` };
  const parsed = definition.params.safeParse(change.params);
  if (parsed.success) return { definition, params: parsed.data as Record<string, unknown> }; // every kind's parameters are an object
  const issue = parsed.error.issues[0];
  return { error: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not understood"}`.slice(0, 500) };
}

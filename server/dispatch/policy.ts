// What the dispatcher allows without anybody's signature: rates and spread of safe commands. `<data>/dispatcher/policy.json` changes the numbers; only
// root and the dispatcher's own account can write there.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { dispatcherFolder } from "../core/secrets.ts";

/** A bucket: `burst` at once, `perHour` in the long run. */
const Rate = (burst: number, perHour: number) =>
  z
    .strictObject({
      burst: z.number().int().min(1).max(100_000).default(burst),
      perHour: z.number().int().min(1).max(10_000_000).default(perHour),
    })
    .prefault({});

/**
 * Defaults. Per node: a person who repairs one node by hand starts a repair every minute or two, each with one to three changes and one look, and a
 * container that left a dozen mounts behind is one repair with a dozen steps. Whole fleet: ten such people at once, and a sweep of one cause over a
 * few dozen nodes. Whoever forges rows gets no more than that, of actions that are safe one by one.
 */
const Policy = z.strictObject({
  changes: z.strictObject({ node: Rate(30, 60), fleet: Rate(60, 1_800) }).prefault({}),
  /** Reads cost a node up to 15 s of work on each of its sections, hence a limit as well. */
  evidence: z.strictObject({ node: Rate(40, 240), fleet: Rate(240, 14_400) }).prefault({}),
  /** Different nodes that are changed without a signature within `windowMinutes`: at least `min`, else this share of the fleet, at most `max`. */
  spread: z
    .strictObject({
      min: z.number().int().min(1).default(10),
      ratio: z.number().min(0).max(1).default(0.05),
      max: z.number().int().min(1).default(200),
      windowMinutes: z.number().int().min(1).max(60).default(10),
    })
    .prefault({}),
  /** Time-boxed shells on nodes. Off unless this file says otherwise: no row and no signature opens one before. */
  shells: z
    .strictObject({
      allow: z.boolean().default(false),
      maxMinutes: z.number().int().min(1).max(60).default(60),
    })
    .prefault({}),
});
export type Policy = z.infer<typeof Policy>;

/** What holds where no file says otherwise. */
export const defaultPolicy = (): Policy => Policy.parse({});

/** @throws Error when the file is there and not understood: a limit must not be skipped */
export function loadPolicy(dataDir: string): Policy {
  const path = join(dispatcherFolder(dataDir), "policy.json");
  if (!existsSync(path)) return defaultPolicy();
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch (err) {
    throw new Error(`${path}: ${err instanceof Error ? err.message : String(err)}`);
  }
  const parsed = Policy.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(`${path}: ${issue?.path.join(".") || "file"}: ${issue?.message ?? "not understood"}`);
}

// Whether shells can be opened here: the dispatcher decides by its own file, and says so with its sign of life.
import { z } from "zod";
import type { Context, Tx } from "../core/context.ts";
import { query } from "../core/verb.ts";
import type { ShellPolicy } from "./schema.ts";

const Said = z.object({ shells: z.object({ allow: z.boolean(), maxMinutes: z.number().int() }) });

export async function policyOf(db: Context["db"] | Tx): Promise<ShellPolicy> {
  const beat = await db.processBeat.findUnique({ where: { name: "dispatcher" }, select: { detail: true } });
  const said = Said.safeParse(beat?.detail);
  if (!said.success) return { isAllowed: null, maxMinutes: 60 };
  return { isAllowed: said.data.shells.allow, maxMinutes: said.data.shells.maxMinutes };
}

export const shellPolicy = query({
  name: "shells.policy",
  access: "shells:read",
  on: "node",
  input: z.object({}),
  run: ({ db }) => policyOf(db),
});

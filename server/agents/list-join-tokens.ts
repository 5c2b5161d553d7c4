// Join tokens for the console, newest first; secrets are not kept, so none can be shown.
import { z } from "zod";
import { query } from "../core/verb.ts";
import type { JoinTokenRow } from "./schema.ts";

/** Newer ones first; older ones than these are of no use to anybody. */
const LIST_MAX = 200;

export const listJoinTokens = query({
  name: "joinTokens.list",
  access: "tokens:read",
  on: "fleet",
  input: z.object({}).default({}),
  async run({ db }): Promise<JoinTokenRow[]> {
    const rows = await db.joinToken.findMany({
      orderBy: { createdAt: "desc" },
      take: LIST_MAX,
      select: {
        id: true,
        note: true,
        pool: true,
        labels: true,
        cidrs: true,
        maxUses: true,
        uses: true,
        expiresAt: true,
        revokedAt: true,
        createdBy: true,
        createdAt: true,
      },
    });
    return rows.map((row) => ({ ...row, labels: z.record(z.string(), z.string()).catch({}).parse(row.labels) }));
  },
});

// Reads of the checks written at run time: the list, and one with its versions.
import { z } from "zod";
import type { Text } from "../../protocol/text.ts";
import type { Context } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import type { Scope } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { query } from "../core/verb.ts";
import { tryDraft } from "./fixtures.ts";
import {
  type BackTestSummary,
  CheckDraft,
  type CustomCheckDetail,
  type CustomCheckRow,
  CustomRef,
  CustomState,
  type Tried,
  TryFixtures,
} from "./schema.ts";

/** Versions that a check's page shows; older ones are kept. */
const VERSIONS_SHOWN = 50;

type Raw = {
  id: string;
  state: string;
  version: number;
  newestVersion: number;
  definition: unknown;
  updatedAt: Date;
  createdByName: string;
  openFindings: number;
  shadowFindings: number;
};

/** A title is shown even when the rest of a definition cannot be read any more. */
const Head = z.object({
  title: z.object({ en: z.string(), zh: z.string().optional() }).catch({ en: "?" }),
  area: z.string().catch("node"),
  severity: z.enum(["critical", "warning", "info"]).catch("warning"),
});

const words = ({ en, zh }: { en: string; zh?: string | undefined }): Text => ({ en, zh: zh || en });

async function rows(db: Context["db"], scope: Scope, id: string | null): Promise<CustomCheckRow[]> {
  const raw = await db.$queryRaw<Raw[]>(sql`
    SELECT c.id, c.state, c.version, newest.version AS "newestVersion", v.definition, c.updated_at AS "updatedAt", c.created_by_name AS "createdByName",
      f.shown AS "openFindings", f.shadow AS "shadowFindings"
    FROM custom_check c
    JOIN custom_check_version v ON v.check_id = c.id AND v.version = c.version
    JOIN LATERAL (SELECT max(version) AS version FROM custom_check_version WHERE check_id = c.id) newest ON true
    JOIN LATERAL (SELECT count(*) FILTER (WHERE NOT f.is_shadow)::int AS shown, count(*) FILTER (WHERE f.is_shadow)::int AS shadow
      FROM finding f JOIN node n ON n.id = f.node_id
      WHERE f.check_id = c.id AND f.state IN ('open', 'flapping', 'recovering') AND ${scope.sql("n")}) f ON true
    WHERE ${id}::text IS NULL OR c.id = ${id}::text ORDER BY c.id`);
  return raw.map(({ definition, state, ...row }) => {
    const { title, area, severity } = Head.parse(definition ?? {});
    return { ...row, state: CustomState.catch("draft").parse(state), title: words(title), area, severity };
  });
}

export const listCustomChecks = query({
  name: "customChecks.list",
  access: "checks:read",
  on: "node",
  input: z.void(),
  run: ({ db, scope }): Promise<CustomCheckRow[]> => rows(db, scope, null),
});

export const getCustomCheck = query({
  name: "customChecks.get",
  access: "checks:read",
  on: "node",
  input: CustomRef,
  async run({ db, scope }, { id }): Promise<CustomCheckDetail> {
    const [row] = await rows(db, scope, id);
    if (!row)
      throw new AppError("not_found", `no custom check ${id}`, {
        publicMessage: "There is no such check.",
        entity: ["check", id],
      });
    const versions = await db.customCheckVersion.findMany({
      where: { checkId: id },
      orderBy: { version: "desc" },
      take: VERSIONS_SHOWN,
      select: { version: true, definition: true, backTest: true, createdByName: true, createdAt: true },
    });
    return {
      ...row,
      versions: versions.flatMap(({ definition, backTest, ...version }) => {
        const draft = CheckDraft.safeParse(definition);
        if (!draft.success) return [];
        // What the whole fleet came to, and facts that were taken from its nodes, are for those who see it.
        if (!scope.isWhole) return [{ ...version, draft: { ...draft.data, fixtures: [] }, backTest: null }];
        // Counts were written by this product; a version that cannot be read any more cannot be shown to be edited.
        return [{ ...version, draft: draft.data, backTest: backTest as BackTestSummary | null }];
      }),
    };
  },
});

/** What the editor asks while one types: errors with their places, and each fixture's outcome. Reads no node. */
export const tryFixtures = query({
  name: "customChecks.tryFixtures",
  access: "checks:write",
  on: "self",
  input: TryFixtures,
  run: async (_args, { draft }): Promise<Tried> => tryDraft("unsaved-check", draft),
});

// What reviewers look through: questions that nobody could answer, and answers that were said to be wrong or did not help, by what their texts share.
import { likePattern, type Scope } from "../core/scope.ts";
import { join, type Sql, sql } from "../core/sql.ts";
import { query } from "../core/verb.ts";
import { causeBook } from "./engine.ts";
import { ListReview, type ReviewGroup, type ReviewList } from "./schema.ts";

const SAMPLE_CHARS = 4_000;
const CASES_MAX = 200;

/** Cases that are reviewed within a scope: those about no node belong to who reviews the whole fleet. Wants `diagnosis_case c LEFT JOIN node n`. */
export const reviewedSql = (scope: Scope): Sql =>
  scope.isWhole ? sql`true` : sql`(n.id IS NOT NULL AND ${scope.sql("n")})`;

const KINDS: Record<"all" | "unknown" | "wrong" | "not-solved", Sql> = {
  all: sql`(NOT c.is_known OR c.feedback IN ('wrong', 'not-solved'))`,
  unknown: sql`NOT c.is_known`,
  wrong: sql`c.feedback = 'wrong'`,
  "not-solved": sql`c.feedback = 'not-solved'`,
};

type Raw = Omit<ReviewGroup, "topCause" | "rightCauses" | "sample"> & { topCause: string | null; total: number };

export const reviewCases = query({
  name: "diagnosis.review",
  access: "diagnosis:review",
  on: "node",
  input: ListReview,
  async run({ db, scope }, { page, pageSize, kind, state, search }): Promise<ReviewList> {
    const conditions: Sql[] = [sql`c.state = ${state}`, KINDS[kind], reviewedSql(scope)];
    if (search.trim() !== "") {
      const part = `%${likePattern(search.trim())}%`;
      // The template is the text without its names and numbers; whole texts are long and lie elsewhere on the disk.
      conditions.push(sql`(c.template ILIKE ${part} OR c.top_cause ILIKE ${part})`);
    }
    const where = join(conditions, " AND ");
    const rows = await db.$queryRaw<Raw[]>(sql`
      SELECT c.template, count(*)::int AS count, count(*) FILTER (WHERE NOT c.is_known)::int AS unknown,
        count(*) FILTER (WHERE c.feedback = 'wrong')::int AS wrong, count(*) FILTER (WHERE c.feedback = 'not-solved')::int AS "notSolved",
        min(c.created_at) AS "firstAt", max(c.created_at) AS "lastAt",
        mode() WITHIN GROUP (ORDER BY c.top_cause) AS "topCause",
        (array_agg(c.id::text ORDER BY c.created_at DESC))[1:${CASES_MAX}] AS "caseIds",
        count(*) OVER ()::int AS total
      FROM diagnosis_case c LEFT JOIN node n ON n.id = c.node_id
      WHERE ${where}
      GROUP BY c.template
      ORDER BY count(*) DESC, max(c.created_at) DESC, c.template
      LIMIT ${pageSize} OFFSET ${(page - 1) * pageSize}`);
    const said = await db.$queryRaw<{ template: string; id: string; count: number }[]>(sql`
      SELECT c.template, c.right_cause AS id, count(*)::int AS count
      FROM diagnosis_case c LEFT JOIN node n ON n.id = c.node_id
      WHERE ${where} AND c.right_cause IS NOT NULL AND c.template = ANY(${rows.map(({ template }) => template)}::text[])
      GROUP BY 1, 2 ORDER BY 3 DESC, 2`);
    const newest = rows.map(({ caseIds }) => caseIds[0] ?? "");
    const samples = await db.$queryRaw<{ id: string; sample: string }[]>(sql`
      SELECT id::text, left(input, ${SAMPLE_CHARS}) AS sample FROM diagnosis_case WHERE id = ANY(${newest}::uuid[])`);
    const sampleOf = new Map(samples.map(({ id, sample }) => [id, sample]));
    const book = await causeBook(db);
    return {
      rows: rows.map(({ total: _total, topCause, ...row }) => ({
        ...row,
        sample: sampleOf.get(row.caseIds[0] ?? "") ?? "",
        topCause: topCause === null ? null : { id: topCause, title: book.title(topCause) },
        rightCauses: said.filter(({ template }) => template === row.template).map(({ id, count }) => ({ id, count })),
      })),
      total: rows[0]?.total ?? 0,
      page,
      pageSize,
    };
  },
});

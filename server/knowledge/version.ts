// One earlier version of an article, whole: to compare with, and to bring back by saving it again.
import { OwnCause } from "../../knowledge/own-cause.ts";
import { AppError } from "../core/errors.ts";
import { query } from "../core/verb.ts";
import { type VersionDetail, VersionRef, type VersionState } from "./schema.ts";

export const getVersion = query({
  name: "knowledge.version",
  access: "knowledge:write",
  on: "fleet",
  input: VersionRef,
  async run({ db }, ref): Promise<VersionDetail> {
    const row = await db.articleVersion.findUnique({ where: { articleId_version: ref } });
    if (!row) throw new AppError("not_found", `no version ${ref.version} of ${ref.articleId}`);
    const { version, en, zh, note } = row;
    return {
      version,
      state: row.state as VersionState,
      en,
      zh,
      note,
      cause: OwnCause.safeParse(row.cause).data ?? null,
    };
  },
});

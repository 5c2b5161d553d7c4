// A draft as somebody writes it, and what is wrong with it. Saving takes anything: what is not right yet is not lost.
import { mutation, query } from "../core/verb.ts";
import { activeChecks } from "../inspections/catalogue.ts";
import { effectiveKnowledge } from "./effective.ts";
import { reportOn } from "./report.ts";
import { Draft, type DraftReport, SaveDraft, type Saved } from "./schema.ts";
import { storeDraft } from "./store-draft.ts";

export const previewDraft = query({
  name: "knowledge.preview",
  access: "knowledge:write",
  on: "fleet",
  input: Draft,
  async run({ db }, draft): Promise<DraftReport> {
    const [knowledge, { checks }] = await Promise.all([effectiveKnowledge(db), activeChecks(db)]);
    return reportOn(draft, knowledge, new Set(checks.map(({ id }) => id)));
  },
});

export const saveDraft = mutation({
  name: "knowledge.save",
  access: "knowledge:write",
  on: "fleet",
  input: SaveDraft,
  async run({ tx, actor, now }, { seen, note, ...draft }) {
    const result: Saved = await storeDraft(tx, actor, now(), draft, { seen, note });
    return {
      result,
      audit: { entity: ["article", draft.articleId], after: { version: result.version, note } },
      changes: [{ domain: "knowledge", ids: [] }],
    };
  },
});

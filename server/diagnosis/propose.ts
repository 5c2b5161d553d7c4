// The draft that closing these cases would make, to be looked at and changed first.
import { query } from "../core/verb.ts";
import { proposedDraft } from "./draft.ts";
import { ProposeDraft, type ProposedDraft } from "./schema.ts";

export const proposeDraft = query({
  name: "diagnosis.proposeDraft",
  access: "diagnosis:review",
  on: "node",
  input: ProposeDraft,
  run: ({ db, scope }, { caseIds, draft }): Promise<ProposedDraft> => proposedDraft(db, scope, caseIds, draft),
});

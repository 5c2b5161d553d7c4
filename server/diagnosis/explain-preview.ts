// What would be sent to the language model, word for word. Nothing is sent by looking at it.
import { query } from "../core/verb.ts";
import { visibleCase } from "./cases.ts";
import { caseDetail } from "./detail.ts";
import { previewOf } from "./explainer.ts";
import { type ExplainPreview, ExplainPreviewRef } from "./schema.ts";

export const previewExplanation = query({
  name: "diagnosis.explainPreview",
  access: "diagnosis:ask",
  on: "node",
  input: ExplainPreviewRef,
  async run({ db, actor, now, scope }, { caseId }): Promise<ExplainPreview> {
    const row = await visibleCase(db, actor, scope, caseId);
    return previewOf(await caseDetail({ db, actor, now: now(), scope }, row));
  },
});

// "What is wrong?": a pasted text is diagnosed, stored without its secrets, and answered.
import { mutation } from "../core/verb.ts";
import { answerText } from "./answer-text.ts";
import { changed } from "./cases.ts";
import { caseDetail } from "./detail.ts";
import { causeBook } from "./engine.ts";
import { TextPace } from "./pace.ts";
import { AskDiagnosis } from "./schema.ts";
import { caseAudit, storeCase } from "./store.ts";

const pace = new TextPace();

export const askDiagnosis = mutation({
  name: "diagnosis.ask",
  access: "diagnosis:ask",
  on: "node",
  input: AskDiagnosis,
  async run({ tx, actor, now, scope }, { text }) {
    pace.take(actor, text.length);
    const at = now();
    const answered = await answerText({ db: tx, scope, book: await causeBook(tx), now: at }, text);
    const row = await storeCase(tx, actor, at, "text", answered);
    return {
      result: await caseDetail({ db: tx, actor, now: at, scope }, row),
      audit: caseAudit(row, "text"),
      changes: [changed(row.id)],
    };
  },
});

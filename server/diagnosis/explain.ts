// Has a language model put an answer into words, where one is configured and the asker has seen what is sent. It is stored nowhere and decides nothing.
import { AppError, toAppError } from "../core/errors.ts";
import { mutation } from "../core/verb.ts";
import { visibleCase } from "./cases.ts";
import { caseDetail } from "./detail.ts";
import { explain, previewOf, readExplainer } from "./explainer.ts";
import { ExplainCase, type Explanation } from "./schema.ts";

export const explainCase = mutation({
  name: "diagnosis.explain",
  access: "diagnosis:ask",
  on: "node",
  input: ExplainCase,
  async run({ tx, actor, now, scope }, { caseId }) {
    const row = await visibleCase(tx, actor, scope, caseId);
    const config = readExplainer();
    if (!config)
      throw new AppError("conflict", "no explainer is configured", {
        publicMessage: "No explainer is set up.",
        entity: ["diagnosis", caseId],
      });
    const preview = previewOf(await caseDetail({ db: tx, actor, now: now(), scope }, row), config);
    const result: Explanation = { text: "", model: preview.model, label: { en: "", zh: "" }, problem: null };
    return {
      result,
      audit: {
        entity: ["diagnosis", caseId],
        nodeId: row.nodeId,
        after: { sentTo: preview.endpoint, model: preview.model, characters: preview.chars },
      },
      // After the commit: the trail says that it is sent before it is, and no transaction waits for somebody else's server.
      after: async () => {
        try {
          Object.assign(result, await explain(preview, config));
        } catch (err) {
          const { publicMessage, message } = toAppError(err);
          result.problem = publicMessage;
          console.warn(JSON.stringify({ level: "warn", msg: "no explanation", err: message }));
        }
      },
    };
  },
});

// Procedures of the knowledge base.
import { expose, router } from "../api/trpc.ts";
import { reviewVersion, submitVersion } from "./decide.ts";
import { exportFiles, importFiles } from "./files.ts";
import { getArticle } from "./get.ts";
import { listArticles } from "./list.ts";
import { previewDraft, saveDraft } from "./save.ts";
import { getVersion } from "./version.ts";

export const knowledgeRouter = router({
  list: expose(listArticles),
  get: expose(getArticle),
  version: expose(getVersion),
  preview: expose(previewDraft),
  save: expose(saveDraft),
  submit: expose(submitVersion),
  review: expose(reviewVersion),
  export: expose(exportFiles),
  import: expose(importFiles),
});

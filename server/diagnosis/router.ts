// Procedures of the diagnosis domain.
import { expose, router } from "../api/trpc.ts";
import { askDiagnosis } from "./ask.ts";
import { getCase } from "./case.ts";
import { closeCases } from "./close.ts";
import { explainCase } from "./explain.ts";
import { previewExplanation } from "./explain-preview.ts";
import { giveFeedback } from "./feedback.ts";
import { liveDiagnosis } from "./live.ts";
import { listMyCases } from "./mine.ts";
import { listMyApplications } from "./my-applications.ts";
import { proposeDraft } from "./propose.ts";
import { requestRepair } from "./request-repair.ts";
import { reviewCases } from "./review.ts";

export const diagnosisRouter = router({
  ask: expose(askDiagnosis),
  live: expose(liveDiagnosis),
  case: expose(getCase),
  mine: expose(listMyCases),
  requestRepair: expose(requestRepair),
  feedback: expose(giveFeedback),
  review: expose(reviewCases),
  proposeDraft: expose(proposeDraft),
  close: expose(closeCases),
  myApplications: expose(listMyApplications),
  explainPreview: expose(previewExplanation),
  explain: expose(explainCase),
});

// Procedures of the rollouts domain.
import { expose, router } from "../api/trpc.ts";
import { lateJoiners } from "./left-out.ts";
import {
  abortRollout,
  decideGate,
  pauseRollout,
  promoteRollout,
  resumeRollout,
  retryRollout,
  rollBackRollout,
} from "./orders.ts";
import { planRollout } from "./plan.ts";
import { previewRollout } from "./preview.ts";
import { getRollout, listRollouts, listTargets, readEvents, readLooks } from "./read.ts";
import { startRollout } from "./start.ts";
import { listTemplates, removeTemplate, saveTemplate } from "./templates.ts";

export const rolloutsRouter = router({
  preview: expose(previewRollout),
  plan: expose(planRollout),
  start: expose(startRollout),
  pause: expose(pauseRollout),
  resume: expose(resumeRollout),
  promote: expose(promoteRollout),
  abort: expose(abortRollout),
  rollBack: expose(rollBackRollout),
  retry: expose(retryRollout),
  decideGate: expose(decideGate),
  list: expose(listRollouts),
  get: expose(getRollout),
  targets: expose(listTargets),
  lateJoiners: expose(lateJoiners),
  looks: expose(readLooks),
  events: expose(readEvents),
  templates: expose(listTemplates),
  saveTemplate: expose(saveTemplate),
  removeTemplate: expose(removeTemplate),
});

// Procedures of the patrols domain.
import { expose, router } from "../api/trpc.ts";
import { getPatrol, getRun, listPatrols, listRuns } from "./list.ts";
import { cancelRun, runPatrolNow } from "./run-now.ts";
import { createPatrol, removePatrol, updatePatrol } from "./save.ts";
import { previewCount } from "./select.ts";

export const patrolsRouter = router({
  list: expose(listPatrols),
  get: expose(getPatrol),
  create: expose(createPatrol),
  update: expose(updatePatrol),
  remove: expose(removePatrol),
  runNow: expose(runPatrolNow),
  cancel: expose(cancelRun),
  runs: expose(listRuns),
  run: expose(getRun),
  previewCount: expose(previewCount),
});

// Procedures of the approvals domain.
import { expose, router } from "../api/trpc.ts";
import { approveRun, rejectRun, releaseRun } from "./approve.ts";
import { approveRollout } from "./approve-rollout.ts";
import { listKeys, requestKey, signKey } from "./keys.ts";
import { getApproval, waitingRuns } from "./waiting.ts";
import { waitingRollouts } from "./waiting-rollouts.ts";

export const approvalsRouter = router({
  waiting: expose(waitingRuns),
  waitingRollouts: expose(waitingRollouts),
  get: expose(getApproval),
  approve: expose(approveRun),
  release: expose(releaseRun),
  reject: expose(rejectRun),
  approveRollout: expose(approveRollout),
  keys: expose(listKeys),
  requestKey: expose(requestKey),
  signKey: expose(signKey),
});

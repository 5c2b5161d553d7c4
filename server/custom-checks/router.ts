// Procedures of the checks that are written at run time.
import { expose, router } from "../api/trpc.ts";
import { backTestRun, backTestSample, cancelBackTest, startBackTest } from "../back-test/verbs.ts";
import { getCustomCheck, listCustomChecks, tryFixtures } from "./list.ts";
import { saveCustomCheck, setCustomState } from "./save.ts";

export const customChecksRouter = router({
  list: expose(listCustomChecks),
  get: expose(getCustomCheck),
  save: expose(saveCustomCheck),
  setState: expose(setCustomState),
  tryFixtures: expose(tryFixtures),
  backTest: expose(backTestSample),
  startBackTest: expose(startBackTest),
  backTestRun: expose(backTestRun),
  cancelBackTest: expose(cancelBackTest),
});

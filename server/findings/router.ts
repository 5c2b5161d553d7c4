// Procedures of the findings domain.
import { expose, router } from "../api/trpc.ts";
import { acknowledgeFinding } from "./acknowledge.ts";
import { getFinding } from "./get.ts";
import { findingGroups } from "./groups.ts";
import { judgeFinding } from "./judge.ts";
import { listFindings } from "./list.ts";

export const findingsRouter = router({
  list: expose(listFindings),
  groups: expose(findingGroups),
  get: expose(getFinding),
  acknowledge: expose(acknowledgeFinding),
  judge: expose(judgeFinding),
});

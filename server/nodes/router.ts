// Procedures of the nodes domain.
import { expose, router } from "../api/trpc.ts";
import { listFacts } from "./facts.ts";
import { getNode } from "./get.ts";
import { nodeHistory } from "./history.ts";
import { listNodes } from "./list.ts";
import { refreshNode } from "./refresh.ts";
import { releaseNode } from "./release.ts";
import { removeNode } from "./remove.ts";
import { setMaintenance } from "./set-maintenance.ts";
import { nodeTimeline } from "./timeline.ts";

export const nodesRouter = router({
  list: expose(listNodes),
  get: expose(getNode),
  history: expose(nodeHistory),
  facts: expose(listFacts),
  timeline: expose(nodeTimeline),
  refresh: expose(refreshNode),
  setMaintenance: expose(setMaintenance),
  release: expose(releaseNode),
  remove: expose(removeNode),
});

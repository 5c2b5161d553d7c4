// Procedures of the overview.
import { expose, router } from "../api/trpc.ts";
import { getOverview } from "./get.ts";
import { getGrid } from "./grid.ts";

export const overviewRouter = router({ get: expose(getOverview), grid: expose(getGrid) });

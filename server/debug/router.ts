// Procedures of the debugger.
import { expose, router } from "../api/trpc.ts";
import { getDebug } from "./get.ts";
import { listDebug } from "./list.ts";
import { startDebug } from "./start.ts";

export const debugRouter = router({ start: expose(startDebug), get: expose(getDebug), list: expose(listDebug) });

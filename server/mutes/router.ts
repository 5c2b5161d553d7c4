// Procedures of the mutes.
import { expose, router } from "../api/trpc.ts";
import { createMute } from "./create.ts";
import { endMute } from "./end.ts";
import { listMutes } from "./list.ts";

export const mutesRouter = router({ list: expose(listMutes), create: expose(createMute), end: expose(endMute) });

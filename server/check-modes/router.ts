// Procedures of the modes.
import { expose, router } from "../api/trpc.ts";
import { listModes } from "./list.ts";
import { setMode } from "./set.ts";

export const modesRouter = router({ list: expose(listModes), set: expose(setMode) });

// Procedures of the containers domain.
import { expose, router } from "../api/trpc.ts";
import { listContainers } from "./list.ts";

export const containersRouter = router({ list: expose(listContainers) });

// The fleet's keys over the API: to look at. They are changed on the console's host only (`./nodeops keys`).
import { expose, router } from "../api/trpc.ts";
import { trustStatus } from "./status.ts";

export const trustRouter = router({ status: expose(trustStatus) });

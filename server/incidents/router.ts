// Procedures of the incidents.
import { expose, router } from "../api/trpc.ts";
import { acknowledgeIncident } from "./acknowledge.ts";
import { getIncident } from "./get.ts";
import { listIncidents } from "./list.ts";

export const incidentsRouter = router({
  list: expose(listIncidents),
  get: expose(getIncident),
  acknowledge: expose(acknowledgeIncident),
});

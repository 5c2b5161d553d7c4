// Procedures of the inspections domain.
import { expose, router } from "../api/trpc.ts";
import { getCheck } from "./check.ts";
import { listChecks } from "./checks.ts";

export const inspectionsRouter = router({ checks: expose(listChecks), check: expose(getCheck) });

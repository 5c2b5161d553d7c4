// Procedures of the audit domain.
import { expose, router } from "../api/trpc.ts";
import { listAudit } from "./list.ts";

export const auditRouter = router({ list: expose(listAudit) });

// Every domain of the API, one line each.
import { accountsRouter } from "../accounts/router.ts";
import { joinTokensRouter } from "../agents/router.ts";
import { approvalsRouter } from "../approvals/router.ts";
import { auditRouter } from "../audit/router.ts";
import { budgetRouter, leasesRouter } from "../budget/router.ts";
import { modesRouter } from "../check-modes/router.ts";
import { containersRouter } from "../containers/router.ts";
import { customChecksRouter } from "../custom-checks/router.ts";
import { debugRouter } from "../debug/router.ts";
import { diagnosisRouter } from "../diagnosis/router.ts";
import { findingsRouter } from "../findings/router.ts";
import { freezeRouter } from "../freeze/router.ts";
import { incidentsRouter } from "../incidents/router.ts";
import { inspectionsRouter } from "../inspections/router.ts";
import { knowledgeRouter } from "../knowledge/router.ts";
import { mutesRouter } from "../mutes/router.ts";
import { nodesRouter } from "../nodes/router.ts";
import { overviewRouter } from "../overview/router.ts";
import { patrolsRouter } from "../patrols/router.ts";
import { repairsRouter } from "../repairs/router.ts";
import { rolloutsRouter } from "../rollouts/router.ts";
import { shellsRouter } from "../shells/router.ts";
import { trustRouter } from "../trust/router.ts";
import { router } from "./trpc.ts";

export const appRouter = router({
  overview: overviewRouter,
  nodes: nodesRouter,
  joinTokens: joinTokensRouter,
  findings: findingsRouter,
  repairs: repairsRouter,
  rollouts: rolloutsRouter,
  budget: budgetRouter,
  leases: leasesRouter,
  approvals: approvalsRouter,
  freeze: freezeRouter,
  trust: trustRouter,
  containers: containersRouter,
  debug: debugRouter,
  shells: shellsRouter,
  diagnosis: diagnosisRouter,
  knowledge: knowledgeRouter,
  inspections: inspectionsRouter,
  incidents: incidentsRouter,
  mutes: mutesRouter,
  modes: modesRouter,
  customChecks: customChecksRouter,
  patrols: patrolsRouter,
  accounts: accountsRouter,
  audit: auditRouter,
});

export type AppRouter = typeof appRouter;

// Procedures of budgets and leases.
import { expose, router } from "../api/trpc.ts";
import { listBudgets, setBudget } from "./budgets.ts";
import { cordonNode, extendLease, listLeases, releaseLease } from "./leases.ts";

export const budgetRouter = router({ list: expose(listBudgets), set: expose(setBudget) });
export const leasesRouter = router({
  list: expose(listLeases),
  cordon: expose(cordonNode),
  extend: expose(extendLease),
  release: expose(releaseLease),
});

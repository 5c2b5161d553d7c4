// Inputs of budgets and leases that are not shared with rollouts. Client-safe.
import { z } from "zod";

export const ListBudgets = z.strictObject({ pool: z.string().max(100).optional() });
export const ListLeases = z.strictObject({
  pool: z.string().max(100).optional(),
  node: z.string().max(253).optional(),
  /** What is under way by itself as well, not only people's cordons. */
  all: z.boolean().default(true),
});

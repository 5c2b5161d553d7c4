// What must hold in every world after every step, whatever happened; the simulator asks each of them. Each was somebody's outage.
//
// Not to be seen from a pure engine, and where it is held instead:
// I-8, I-9 rates and fleet-wide alarms: the server's brakes and the dispatcher's limits. I-15 one road for every kind: server/rollouts has no other verb.
// I-18 size of a diff: the change's own approval. I-19, I-22, I-24, I-25 how a verdict is come by: judge/ (its alpha is bounded here). I-20 other writers: checks.
// I-28, I-30, I-32 one holder of a node, nothing deleted that is held: unique keys and foreign keys of the database. I-37 the guard's own drill: a job.
// I-38, I-40, I-41, I-42, I-44 back-off, restart, fail static, admission, propagation: agent, gateway and workers.
import type { Invariant } from "./invariants/invariant.ts";
import { planInvariants } from "./invariants/plan.ts";
import { rowInvariants } from "./invariants/rows.ts";
import { stepInvariants } from "./invariants/steps.ts";
export const invariants: readonly Invariant[] = [...planInvariants, ...stepInvariants, ...rowInvariants];

// What a job's handler gets and gives back.
import type { Pool } from "pg";
import type { PrismaClient } from "../generated/prisma/client.ts";
import type { Logger } from "../server/core/log.ts";
import type { Queues } from "../server/core/queue.ts";

/** What a handler may use. */
export type WorkerContext = { db: PrismaClient; pool: Pool; queues: Queues; now: () => Date; log: Logger };
/** Fields of the job's log line. `isIdle`: nothing was to do, the line is for debugging only. */
export type Summary = Record<string, unknown> & { isIdle?: boolean };

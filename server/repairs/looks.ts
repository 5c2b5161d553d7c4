// Runs that look and repair nothing (a debug report, a shell): rows of the same table, carried on by the same engine. What sets them apart stands here.
import type { Permission } from "../core/access.ts";
import { type Sql, sql } from "../core/sql.ts";

/** `repairId` of a report. */
export const REPORT = "debug.report";
/** `repairId` of a time-boxed shell. */
export const SHELL = "debug.shell";

const PREFIX = "debug.";

/** Whether a run belongs to the debugger: it holds no node, is part of no rollout, and counts in no list or figure of repairs. */
export const isLook = ({ repairId }: { repairId: string }): boolean => repairId.startsWith(PREFIX);

/** For Prisma: repairs only. */
export const REPAIRS_ONLY = { NOT: { repairId: { startsWith: PREFIX } } } as const;

/** For SQL: run `r` is a repair. */
export const IS_REPAIR: Sql = sql`r.repair_id NOT LIKE ${`${PREFIX}%`}`;

/** What whoever asked for such a run must be allowed to do, until its command is queued. */
export const lookPermission = ({ repairId }: { repairId: string }): Permission =>
  repairId === SHELL ? "shells:open" : "debug:run";

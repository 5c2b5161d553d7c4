// One report: as it stands, and what is said of it. What is abnormal is worked out when it is read, so that better rules serve old reports too.
import { CommandResult } from "../../protocol/commands.ts";
import { DebugReport } from "../../protocol/debug.ts";
import { actorNames } from "../core/actor-names.ts";
import { noSuch } from "../core/errors.ts";
import { query } from "../core/verb.ts";
import { causeBook } from "../diagnosis/engine.ts";
import { REPORT } from "../repairs/looks.ts";
import { conclude } from "./conclude.ts";
import { debugColumns, toDebugRow } from "./rows.ts";
import { type DebugDetail, DebugRef } from "./schema.ts";

/** The report in a command's result; null where there is none, or an agent of another time wrote it. */
export function reportIn(result: unknown): DebugReport | null {
  const parsed = CommandResult.safeParse(result);
  return parsed.success ? (DebugReport.safeParse(parsed.data.output.report).data ?? null) : null;
}

export const getDebug = query({
  name: "debug.get",
  access: "debug:run",
  on: "node",
  input: DebugRef,
  async run({ db, scope }, { id }): Promise<DebugDetail> {
    await scope.repair(db, id);
    const found = await db.repair.findUniqueOrThrow({
      where: { id },
      select: { ...debugColumns, repairId: true, commands: { select: { result: true }, take: 1 } },
    });
    const { repairId, commands, ...raw } = found;
    if (repairId !== REPORT) throw noSuch("repair", id);
    const report = reportIn(commands[0]?.result);
    const row = toDebugRow(raw, await actorNames(db, [raw.requestedBy]), report?.container.value?.name ?? null);
    if (!report) return { ...row, report, abnormal: [], verdict: null, causes: [] };
    return { ...row, report, ...conclude(report, await causeBook(db)) };
  },
});

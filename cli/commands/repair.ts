// `repair`, `undo`, `cancel`: shows exactly what will run, asks, starts exactly that, and waits until it is verified.
import { setTimeout as sleep } from "node:timers/promises";
import { plainValue } from "../../parsers/plain-text.ts";
import { isOver, type RepairDetail, type ShownPreview, type StartedRepair } from "../../server/repairs/schema.ts";
import { answer, type Client, connect, exact } from "../client.ts";
import { confirm } from "../confirm.ts";
import type { CommonOptions, Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { paint, printJson, printLine } from "../output.ts";
import { NOT_SHOWN, type Shown, shownPreview } from "../shown.ts";
import { plain, shortId, words } from "../words.ts";
import { approveStarted } from "./approvals.ts";
import { findingId } from "./findings.ts";
import { printRepair, repairRunId } from "./repairs.ts";

type WaitOptions = CommonOptions & { yes?: boolean; wait: boolean };
type Options = { repair?: string; override?: string; dryRun?: boolean; yes?: boolean; wait: boolean };

export const run: Run<Options> = async ([finding = ""], options) => {
  const client = connect(options);
  const preview = await answer(
    exact(options).repairs.preview.query({ findingId: await findingId(client, finding), repairId: options.repair }),
  );
  if (!options.json) printPreview(plainValue(preview));
  if (options.dryRun) {
    if (options.json) printJson(preview);
    return preview.canStart ? EXIT.ok : EXIT.failed;
  }
  const isOverridden = preview.hold !== null && options.override !== undefined;
  if (!preview.canStart && !isOverridden)
    throw new UserError(
      plain(words(preview.refusal)) || plain(words(preview.nothing)) || "this repair cannot run now",
      preview.hold ? '--override "reason" starts it all the same' : undefined,
    );
  // The call names one finding and runs exactly the plan just shown, guards and all; only a person at a terminal is asked again.
  await confirm(`Run this on ${plain(preview.nodeName)}?`, options.yes || !process.stdin.isTTY);
  const { findingId: id, repairId } = preview;
  const shown = agreed(preview, null);
  const started = await answer(
    client.repairs.start.mutate({
      findingId: id,
      repairId,
      planHash: shown.planHash,
      ...(isOverridden && options.override !== undefined ? { override: { reason: options.override } } : {}),
    }),
  );
  return follow(client, started, shown, options);
};

export const undo: Run<{ yes?: boolean; wait: boolean }> = async ([repair = ""], options) => {
  const client = connect(options);
  const id = await repairRunId(client, repair);
  const preview = await answer(exact(options).repairs.previewUndo.query({ id }));
  if (!options.json) printPreview(plainValue(preview));
  if (!preview.canStart)
    throw new UserError(
      plain(words(preview.refusal)) || plain(words(preview.nothing)) || "this repair cannot be undone now",
    );
  await confirm(`Undo this on ${plain(preview.nodeName)}?`, options.yes);
  const shown = agreed(preview, id);
  const started = await answer(client.repairs.undo.mutate({ id, planHash: shown.planHash }));
  return follow(client, started, shown, options);
};

/** What was agreed to. @throws UserError when the console names another hash than that of the plan it shows */
function agreed(preview: ShownPreview, undoOf: string | null): Shown {
  const shown = shownPreview(preview, undoOf);
  if (preview.planHash !== shown.planHash) throw new UserError(NOT_SHOWN);
  return shown;
}

export const cancel: Run<object> = async ([repair = ""], options) => {
  const client = connect(options);
  const id = await repairRunId(client, repair);
  const result = await answer(client.repairs.cancel.mutate({ id }));
  if (options.json) printJson(result ?? { id });
  else printLine(`repair ${shortId(id)} is cancelled`);
};

function printPreview(preview: ShownPreview): void {
  printLine(
    `${paint("bold", words(preview.title))} on ${preview.nodeName}  (${preview.risk}${preview.hasUndo ? ", can be undone" : ""})`,
  );
  for (const guard of preview.guards)
    printLine(`  ${guard.ok ? paint("green", "✓") : paint("red", "✗")} ${words(guard.title)}: ${plain(guard.detail)}`);
  if (!preview.plan) {
    printLine(`  ${words(preview.nothing)}`);
    return;
  }
  printLine(`  ${words(preview.plan.touches)}`);
  for (const [i, step] of preview.plan.steps.entries()) {
    printLine(`  ${i + 1}. ${words(step.title)}  ${paint("dim", plain(JSON.stringify(step.action)))}`);
  }
  printLine(`  verified by ${preview.verifies.map(({ checkId }) => checkId).join(", ") || "nothing"}`);
  printLine(`  ${approvalWords(preview)}\n`);
}

function approvalWords({ risk, approval }: ShownPreview): string {
  if (approval.kind === "none") return "no approval needed";
  if (approval.kind === "release") return "somebody who may run repairs here has to release it";
  if (!approval.countsYours) return `${risk}: another person has to sign it`;
  return approval.needed > 1
    ? `${risk}: ${approval.needed} persons have to sign it, you may be one`
    : `${risk}: your signature is enough`;
}

/** Has it approved where that is needed, then shows each change of state until it is over. @returns 0 when it succeeded */
async function follow(
  client: Client,
  { id, state }: StartedRepair,
  shown: Shown,
  options: WaitOptions,
): Promise<number> {
  if (state === "awaiting") await approveStarted(id, shown, options);
  let repair = await answer(client.repairs.get.query({ id }));
  let line = "";
  while (options.wait && !isOver(repair.state)) {
    line = showProgress(repair, line, options);
    await sleep(500);
    repair = await answer(client.repairs.get.query({ id }));
  }
  if (options.json) printJson(repair);
  else if (options.wait) printRepair(repair);
  else printLine(`repair ${shortId(id)} is started; ./nodeops repairs ${shortId(id)} shows it`);
  return options.wait && repair.state !== "succeeded" ? EXIT.failed : EXIT.ok;
}

function showProgress(repair: RepairDetail, shown: string, options: WaitOptions): string {
  const line = `${repair.state}${repair.state === "running" ? ` step ${repair.step} of ${repair.stepCount}` : ""}`;
  if (line !== shown && !options.json) printLine(`  … ${line}`);
  return line;
}

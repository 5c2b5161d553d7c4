// `rollouts watch`: a progress bar on a terminal, a line a change elsewhere, until it is over or a person is needed.
import { setTimeout as sleep } from "node:timers/promises";
import { isFinal, type RolloutDetail } from "../../server/rollouts/schema.ts";
import { answer, type Client, connect } from "../client.ts";
import type { CommonOptions, Run } from "../define.ts";
import { EXIT } from "../errors.ts";
import { duration, printJson, printLine, safeForTerminal } from "../output.ts";
import { plain, words } from "../words.ts";
import { printRollout, ROLLOUT_EXIT, rolloutId } from "./rollouts.ts";

const LOOK_MS = 1_000;
const WIDTH = 24;

/** What stands in the way until somebody does something; null while it goes on by itself. */
export function waitsForPerson(rollout: RolloutDetail): string | null {
  if (rollout.phase === "planned") return "it waits for approval";
  if (rollout.phase === "approved") return "it is ready to be started";
  if (rollout.phase === "paused") return "it is paused";
  if (rollout.gate?.kind === "manual") return `it waits at the gate after wave ${rollout.gate.after + 1}`;
  return null;
}

/** Exit code of how it stands: 0 succeeded, 3 stopped, 4 waits for a person, 1 aborted. */
export function exitOf(rollout: RolloutDetail): number {
  if (rollout.phase === "succeeded") return EXIT.ok;
  if (rollout.phase === "halted" || rollout.phase === "rolling-back" || rollout.phase === "rolled-back")
    return ROLLOUT_EXIT.stopped;
  return waitsForPerson(rollout) ? ROLLOUT_EXIT.waits : EXIT.failed;
}

/** A halt that rolls itself back is still under way. */
const isSettled = (rollout: RolloutDetail): boolean =>
  isFinal(rollout.phase) ||
  waitsForPerson(rollout) !== null ||
  (rollout.phase === "halted" && !(rollout.policy.onFail === "roll-back" && rollout.isReversible));

function lineOf(rollout: RolloutDetail, now: number): string {
  const { counts: c, targetCount, phase, stage, eta } = rollout;
  const isBack = phase === "rolling-back" || phase === "rolled-back";
  const done = isBack ? c.reverted + c.revertFailed : c.applied + c.failed + c.skipped + c.reverted + c.revertFailed;
  const all = Math.max(1, isBack ? done + c.reverting + c.applied : targetCount);
  const filled = Math.round((WIDTH * Math.min(done, all)) / all);
  const bar = `${"█".repeat(filled)}${"░".repeat(WIDTH - filled)}`;
  const wave = `wave ${Math.min(rollout.wave + 1, rollout.waveCount)}/${rollout.waveCount}`;
  const ends =
    eta.endAt === null ? "" : `  about ${duration(Math.round(Math.max(0, eta.endAt - now) / 1_000) * 1_000)} left`;
  return `${bar} ${done}/${all}  ${phase}${stage && phase === "running" ? ` (${stage})` : ""}  ${wave}${ends}`;
}

/** Follows one rollout and says how it ended. @returns the exit code */
export async function follow(client: Client, id: string, options: CommonOptions): Promise<number> {
  const isTerminal = process.stdout.isTTY === true && !options.json;
  let shown = "";
  for (;;) {
    const rollout = await answer(client.rollouts.get.query({ id }));
    const line = lineOf(rollout, Date.now());
    const state = `${rollout.phase} ${rollout.stage} ${rollout.wave} ${JSON.stringify(rollout.counts)}`;
    if (isTerminal) process.stdout.write(`\r\u001b[K${safeForTerminal(line)}`);
    else if (!options.json && state !== shown) printLine(line);
    shown = state;
    if (isSettled(rollout)) {
      if (isTerminal) process.stdout.write("\n");
      if (options.json) printJson(rollout);
      else tell(rollout);
      return exitOf(rollout);
    }
    await sleep(LOOK_MS);
  }
}

function tell(rollout: RolloutDetail): void {
  printLine();
  printRollout(rollout);
  const waits = waitsForPerson(rollout);
  if (waits) printLine(`\n${waits}`);
  else if (rollout.phase === "halted")
    printLine(`\n${plain(words(rollout.why)) || "it halted"}; ./nodeops rollouts rollback or resume`);
}

export const watch: Run<object> = async ([typed = ""], options) => {
  const client = connect(options);
  return follow(client, await rolloutId(client, typed), options);
};

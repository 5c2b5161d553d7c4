// `rollouts list`, `rollouts show`: how changes stand, wave by wave.
import type { Phase } from "../../rollout/types.ts";
import type { RolloutDetail, RolloutRow } from "../../server/rollouts/schema.ts";
import { answer, type Client, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { age, paint, printJson, printLine, printTable } from "../output.ts";
import { isUuid, matchId, plain, shortId, words } from "../words.ts";

const STATES = ["active", "over", "all"] as const;

/** Exit code of a rollout that nobody watches any more. */
export const ROLLOUT_EXIT = { stopped: 3, waits: 4 } as const;

export const phaseColour = (phase: Phase) =>
  phase === "succeeded"
    ? "green"
    : phase === "halted"
      ? "red"
      : phase === "running"
        ? "cyan"
        : phase === "aborted"
          ? "gray"
          : "yellow";

/** Full id of a rollout from what was typed. */
export async function rolloutId(client: Client, typed: string): Promise<string> {
  if (isUuid(typed)) return typed;
  const { rows } = await answer(client.rollouts.list.query({ pageSize: 200, single: true }));
  return matchId(
    "rollout",
    typed,
    rows.map(({ id }) => id),
  );
}

const doneOf = ({ counts: c }: Pick<RolloutRow, "counts">): number =>
  c.applied + c.failed + c.skipped + c.reverted + c.revertFailed;
const nameOf = (rollout: Pick<RolloutRow, "title" | "summary">): string =>
  plain(rollout.title || words(rollout.summary));

type ListOptions = { state: string; single?: boolean; search?: string; page: number };

export const list: Run<ListOptions> = async (_args, options) => {
  const state = STATES.find((one) => one === options.state);
  if (!state) throw new UserError(`there is no state ${options.state}`, `choose from ${STATES.join(", ")}`, EXIT.usage);
  const { search = "", single = false, page } = options;
  const found = await answer(connect(options).rollouts.list.query({ state, search, single, page, pageSize: 100 }));
  if (options.json) return printJson(found);
  printTable<RolloutRow>(
    found.rows,
    [
      { title: "ROLLOUT", text: (r) => shortId(r.id) },
      { title: "PHASE", text: (r) => r.phase, style: (r) => phaseColour(r.phase) },
      { title: "WAVE", text: (r) => (r.waveCount > 0 ? `${Math.min(r.wave + 1, r.waveCount)}/${r.waveCount}` : null) },
      { title: "NODES", text: (r) => `${doneOf(r)}/${r.targetCount}` },
      { title: "WHAT", text: nameOf },
      { title: "BY", text: (r) => plain(r.requestedByName) },
      { title: "AGE", text: (r) => age(r.createdAt) },
      { title: "WHY", text: (r) => plain(words(r.why)) || null },
    ],
    "no rollouts; ./nodeops rollouts plan makes one",
  );
  if (found.total > found.rows.length)
    printLine(`\n${found.rows.length} of ${found.total}; --page ${page + 1} shows more`);
};

export const show: Run<{ nodes?: boolean }> = async ([typed = ""], options) => {
  const client = connect(options);
  const id = await rolloutId(client, typed);
  const rollout = await answer(client.rollouts.get.query({ id }));
  const targets = options.nodes ? await answer(client.rollouts.targets.query({ id, pageSize: 200 })) : null;
  if (options.json) return printJson(targets ? { ...rollout, targets } : rollout);
  printRollout(rollout);
  if (!targets) return;
  printLine();
  printTable(
    targets.rows,
    [
      { title: "NODE", text: (r) => plain(r.nodeName) },
      { title: "WAVE", text: (r) => (r.wave < 0 ? null : r.wave + 1) },
      { title: "STATE", text: (r) => r.state },
      { title: "WHY", text: (r) => plain(words(r.reason)) || null },
    ],
    "no nodes",
  );
};

/** One rollout: phase with its reason, waves with verdicts, what it waits for, its names. */
export function printRollout(rollout: RolloutDetail): void {
  printLine(
    `${paint(phaseColour(rollout.phase), rollout.phase)} ${paint("bold", nameOf(rollout))}, asked for by ${plain(rollout.requestedByName)} ${age(rollout.createdAt)} ago`,
  );
  const why = plain(words(rollout.why ?? rollout.state.why));
  if (why) printLine(`  ${why}`);
  printLine();
  printTable(
    rollout.state.waves.map((wave, i) => ({ ...wave, i })),
    [
      { title: "WAVE", text: (w) => w.i + 1 },
      { title: "DOMAIN", text: (w) => plain(w.domain) || null },
      { title: "NODES", text: (w) => w.size },
      { title: "CHANGED", text: (w) => w.counts.applied },
      { title: "FAILED", text: (w) => w.counts.failed },
      { title: "BACK", text: (w) => w.counts.reverted },
      { title: "VERDICT", text: (w) => (w.verdict ? `${w.verdict.kind}: ${plain(words(w.verdict.why))}` : null) },
    ],
    "no waves",
  );
  printLine();
  for (const { reason, count, sample } of rollout.leftOut) {
    const names = sample.map(({ name }) => plain(name)).join(", ");
    printLine(`  left out ${count}: ${names}${count > sample.length ? " …" : ""}; ${plain(words(reason))}`);
  }
  if (rollout.where.exclude.length > 0)
    printLine(`  excluded ${rollout.where.exclude.length}: ${rollout.where.exclude.slice(0, 5).map(plain).join(", ")}`);
  for (const budget of rollout.budget) printLine(`  ${plain(words(budget.sum))}`);
  printLine(`  targets ${rollout.targetHash}`);
  printLine(`  change  ${rollout.changeHash}`);
  printLine(`  policy  ${rollout.policyHash}`);
  if (rollout.approval && rollout.phase === "planned")
    printLine(
      `  approved by ${rollout.approval.given.length} of ${rollout.approval.needed}; ./nodeops rollouts approve ${shortId(rollout.id)}`,
    );
  if (rollout.gate)
    printLine(
      `  waits at the gate after wave ${rollout.gate.after + 1}; ./nodeops rollouts gate ${shortId(rollout.id)} open`,
    );
}

// `rollouts start|pause|resume|promote|abort|rollback|retry|gate`: what persons order, each with its reason.
import { answer, connect } from "../client.ts";
import { confirm } from "../confirm.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { printJson, printLine } from "../output.ts";
import { plain, shortId, words } from "../words.ts";
import { ROLLOUT_EXIT, rolloutId } from "./rollouts.ts";
import { follow, waitsForPerson } from "./rollouts-watch.ts";

type Verb = "pause" | "resume" | "promote" | "abort" | "rollBack" | "retry";

const act =
  (verb: Verb): Run<{ reason: string }> =>
  async ([typed = ""], options) => {
    const client = connect(options);
    const id = await rolloutId(client, typed);
    const after = await answer(client.rollouts[verb].mutate({ id, reason: options.reason }));
    if (options.json) return printJson(after);
    printLine(`rollout ${shortId(id)} is ${after.phase}${after.why ? `: ${plain(words(after.why))}` : ""}`);
  };

export const acts = {
  pause: act("pause"),
  resume: act("resume"),
  promote: act("promote"),
  abort: act("abort"),
  rollback: act("rollBack"),
  retry: act("retry"),
} as const;

export const gate: Run<{ reason: string }> = async ([typed = "", way = ""], options) => {
  if (way !== "open" && way !== "shut") throw new UserError(`${way} is no way to decide`, "open or shut", EXIT.usage);
  const client = connect(options);
  const id = await rolloutId(client, typed);
  const rollout = await answer(client.rollouts.get.query({ id }));
  if (!rollout.gate) throw new UserError(`rollout ${shortId(id)} waits at no gate`);
  const { after } = rollout.gate;
  const done = await answer(
    client.rollouts.decideGate.mutate({ id, after, isOpen: way === "open", reason: options.reason }),
  );
  if (options.json) printJson(done);
  else printLine(`the gate after wave ${after + 1} is ${way}`);
};

export const start: Run<{ yes?: boolean; watch?: boolean }> = async ([typed = ""], options) => {
  const client = connect(options);
  const id = await rolloutId(client, typed);
  const rollout = await answer(client.rollouts.get.query({ id }));
  if (rollout.phase === "planned") {
    const waits = waitsForPerson(rollout) ?? "it is not ready";
    throw new UserError(
      `rollout ${shortId(id)}: ${waits}`,
      `./nodeops rollouts approve ${shortId(id)}`,
      ROLLOUT_EXIT.waits,
    );
  }
  await confirm(
    `Start ${plain(rollout.title || words(rollout.summary))} on ${rollout.targetCount} nodes?`,
    options.yes,
  );
  const started = await answer(client.rollouts.start.mutate({ id, targetHash: rollout.targetHash }));
  if (options.watch) return follow(client, id, options);
  if (options.json) printJson(started);
  else printLine(`rollout ${shortId(id)} is started; ./nodeops rollouts watch ${shortId(id)} follows it`);
};

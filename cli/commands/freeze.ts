// `freeze`, `unfreeze`: stop all acting on the fleet at once; let it act again when enough persons have signed.
import { setTimeout as sleep } from "node:timers/promises";
import { UnfreezeStatement } from "../../protocol/statement.ts";
import type { FreezeState } from "../../server/freeze/schema.ts";
import { needApprovalKey } from "../approval-key.ts";
import { answer, type Client, connect } from "../client.ts";
import { confirm } from "../confirm.ts";
import type { CommonOptions, Run } from "../define.ts";
import { EXIT, errorMessage, UserError } from "../errors.ts";
import { dropFreeze } from "../freeze-now.ts";
import { age, paint, printJson, printLine } from "../output.ts";
import { plain } from "../words.ts";

/** The dispatcher carries a lift out within a second or two; longer than this and something is missing, ms. */
const LIFT_WITHIN_MS = 15_000;
/** As long as the console takes. */
const REASON_MAX = 500;

/** Without a reason it says how things stand. */
export const freeze: Run<object> = async ([reason], options) => {
  if (!reason) return show(await answer(connect(options).freeze.get.query()), options);
  if (reason.length > REASON_MAX)
    throw new UserError(`the reason is longer than ${REASON_MAX} characters`, undefined, EXIT.usage);
  // First and past the console: one that is in other hands could say yes and do nothing.
  const isWithDispatcher = leave(reason, options);
  if (isWithDispatcher && !options.json) printLine("the dispatcher has it: it signs nothing more");
  try {
    const client = connect(options);
    await answer(client.freeze.set.mutate({ reason }));
    show(await answer(client.freeze.get.query()), options);
  } catch (err) {
    if (!isWithDispatcher || !(err instanceof UserError)) throw err;
    const hint = "the dispatcher has the freeze all the same, or takes it when it starts: it signs nothing more";
    throw new UserError(`the console did not take the freeze: ${err.message}`, hint, err.exitCode, err);
  }
};

function leave(reason: string, options: CommonOptions): boolean {
  try {
    return dropFreeze(options, reason, new Date());
  } catch (err) {
    process.stderr.write(`the freeze could not be left for the dispatcher: ${plain(errorMessage(err))}\n`);
    return false; // the console is asked all the same
  }
}

function show(state: FreezeState, options: CommonOptions): void {
  if (options.json) printJson(state);
  else printFreeze(state);
}

export const unfreeze: Run<{ yes?: boolean }> = async (_args, options) => {
  const client = connect(options);
  const state = await answer(client.freeze.get.query());
  if (!state.isFrozen) {
    if (options.json) printJson(state);
    else printLine("the fleet is not frozen");
    return EXIT.ok;
  }
  if (!options.json) printFreeze(state);
  await confirm("Let the fleet act again?", options.yes);
  const key = needApprovalKey(options);
  if (state.lift.toSign) {
    const statement = UnfreezeStatement.parse(state.lift.toSign.statement);
    if (statement.epoch !== state.epoch)
      throw new UserError("the console wants another freeze signed than it showed; nothing was signed");
    await answer(client.freeze.lift.mutate({ epoch: statement.epoch, signature: key.sign(statement) }));
  }
  const after = await lifted(client, state.lift);
  if (options.json) printJson(after);
  else if (!after.isFrozen) printLine("the fleet may act again");
  else if (after.lift.given.length < after.lift.needed)
    printLine(`signed; ${after.lift.needed - after.lift.given.length} more person has to sign`);
  else printLine("signed, but the dispatcher has not lifted it; ./nodeops status shows whether it runs");
  return after.isFrozen ? EXIT.failed : EXIT.ok;
};

/** The state once the dispatcher had its time; at once when more signatures are needed anyway. */
async function lifted(client: Client, before: FreezeState["lift"]): Promise<FreezeState> {
  const end = Date.now() + LIFT_WITHIN_MS;
  for (;;) {
    const state = await answer(client.freeze.get.query());
    const isShort = state.lift.given.length < state.lift.needed && state.lift.given.length > before.given.length;
    if (!state.isFrozen || isShort || Date.now() > end) return state;
    await sleep(300);
  }
}

function printFreeze(state: FreezeState): void {
  if (!state.isFrozen) {
    printLine('the fleet is not frozen; ./nodeops freeze "reason" stops all acting');
    return;
  }
  printLine(
    `${paint("red", "FROZEN")} (freeze ${state.epoch ?? "?"}) by ${plain(state.setByName)} ${age(state.setAt)} ago: ${plain(state.reason)}`,
  );
  printLine(`  ${state.isInForce ? "in force: nothing is signed" : "the dispatcher has not confirmed it yet"}`);
  const { given, needed } = state.lift;
  const names = given.map(({ personName }) => plain(personName)).join(", ");
  printLine(`  signed for its end: ${given.length} of ${needed}${names ? ` (${names})` : ""}`);
}

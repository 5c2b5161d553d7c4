// `rollouts approve`: signs a planned rollout with the local key: exactly the change, policy and count that were printed, and no other.
import { createHash } from "node:crypto";
import { plainValue } from "../../parsers/plain-text.ts";
import { canonicalJson } from "../../protocol/canonical-json.ts";
import { RolloutStatement } from "../../protocol/statement.ts";
import type { RolloutDetail } from "../../server/rollouts/schema.ts";
import { needApprovalKey } from "../approval-key.ts";
import { answer, exact } from "../client.ts";
import { confirm } from "../confirm.ts";
import type { Run } from "../define.ts";
import { UserError } from "../errors.ts";
import { printJson, printLine } from "../output.ts";
import { NOT_SHOWN } from "../shown.ts";
import { plain, shortId, words } from "../words.ts";
import { printRollout, rolloutId } from "./rollouts.ts";

const hashOf = (value: unknown): string => createHash("sha256").update(canonicalJson(value)).digest("hex");

/**
 * What to sign. The names of change and policy are worked out here from what was printed; whatever names the console gives count for nothing.
 * @throws UserError unless the statement says exactly what was shown
 */
export function rolloutStatement(rollout: RolloutDetail): RolloutStatement {
  const { success, data } = RolloutStatement.safeParse(rollout.approval?.toSign?.statement);
  const { kind, params } = rollout.change;
  const isShown =
    success &&
    data.rolloutId === rollout.id &&
    data.change === kind &&
    data.changeHash === hashOf({ kind, params }) &&
    data.policyHash === hashOf(rollout.policy) &&
    data.targetHash === rollout.targetHash &&
    data.targetCount === rollout.targetCount &&
    data.lane === rollout.lane &&
    data.risk === rollout.risk;
  if (!isShown) throw new UserError(NOT_SHOWN);
  return data;
}

export const approve: Run<{ yes?: boolean }> = async ([typed = ""], options) => {
  const client = exact(options);
  const id = await rolloutId(client, typed);
  const rollout = await answer(client.rollouts.get.query({ id }));
  const { approval } = rollout;
  if (!approval) throw new UserError(`rollout ${shortId(id)} waits for no approval: it is ${rollout.phase}`);
  if (!options.json) {
    const shown = plainValue(rollout);
    printRollout(shown);
    printLine(`\n  ${plain(JSON.stringify(shown.change))}`);
    printLine(`  ${shown.risk}, ${shown.lane} lane, ${shown.targetCount} nodes\n`);
  }
  if (!approval.canApprove)
    throw new UserError(plain(words(approval.refusal)) || "it needs the signature of an accepted key");
  const key = needApprovalKey(options);
  const statement = rolloutStatement(rollout);
  await confirm(`Approve this on ${rollout.targetCount} nodes?`, options.yes);
  const decided = await answer(client.approvals.approveRollout.mutate({ id, signature: key.sign(statement) }));
  if (options.json) printJson(decided);
  else if (decided.phase === "planned") printLine("signed; another person has to sign too");
  else printLine(`rollout ${shortId(id)} is ${decided.phase}; ./nodeops rollouts start ${shortId(id)}`);
};

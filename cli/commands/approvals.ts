// `approvals`, `approve`, `reject`: what waits for a signature; signs exactly what was shown, with the local approval key.
import { plainValue } from "../../parsers/plain-text.ts";
import type { WaitingRun } from "../../server/approvals/schema.ts";
import { localApprovalKey, needApprovalKey } from "../approval-key.ts";
import { answer, type Client, connect, exact } from "../client.ts";
import { confirm } from "../confirm.ts";
import type { CommonOptions, Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { age, paint, printJson, printLine, printTable } from "../output.ts";
import { isOfShown, NOT_SHOWN, type Shown, shownRun, statementOf } from "../shown.ts";
import { isUuid, matchId, plain, shortId, words } from "../words.ts";

export const list: Run<object> = async (_args, options) => {
  const rows = await answer(connect(options).approvals.waiting.query({}));
  if (options.json) return printJson(rows);
  printTable<WaitingRun>(
    rows,
    [
      { title: "REPAIR", text: (r) => shortId(r.id) },
      { title: "RISK", text: (r) => r.risk, style: (r) => (r.risk === "destructive" ? "red" : "yellow") },
      { title: "NODE", text: (r) => plain(r.nodeName) },
      { title: "WHAT", text: (r) => words(r.title) },
      { title: "BY", text: (r) => plain(r.requestedByName) },
      { title: "AGE", text: (r) => age(r.createdAt) },
      { title: "SIGNED", text: (r) => `${r.approval.given.length} of ${r.approval.needed}` },
      { title: "YOU", text: (r) => (r.approval.canApprove ? "can approve" : words(r.approval.refusal)) },
    ],
    "nothing waits for approval",
  );
};

export const approve: Run<{ yes?: boolean }> = async ([typed = ""], options) => {
  const client = exact(options);
  const run = await waitingRun(client, typed);
  if (!options.json) printWaiting(plainValue(run));
  refuseUnlessYours(run);
  await confirm(`Approve this on ${plain(run.nodeName)}?`, options.yes);
  const decided = await giveApproval(client, run, shownRun(run), options);
  if (options.json) printJson(decided);
  else if (decided.state === "awaiting")
    printLine(plain(words(decided.outcome)) || "approved; it needs another person's signature too");
  else if (decided.state === "cancelled") throw new UserError(plain(words(decided.outcome)) || "it was cancelled");
  else printLine(`repair ${shortId(run.id)} is approved; ./nodeops repairs ${shortId(run.id)} shows it`);
  return decided.state === "cancelled" ? EXIT.failed : EXIT.ok;
};

export const reject: Run<{ reason: string }> = async ([typed = ""], options) => {
  const client = connect(options);
  const run = await waitingRun(client, typed);
  const decided = await answer(client.approvals.reject.mutate({ id: run.id, reason: options.reason }));
  if (options.json) printJson(decided);
  else printLine(`repair ${shortId(run.id)} is rejected`);
};

async function waitingRun(client: Client, typed: string): Promise<WaitingRun> {
  if (isUuid(typed)) return answer(client.approvals.get.query({ id: typed }));
  const rows = await answer(client.approvals.waiting.query({}));
  const id = matchId(
    "approval",
    typed,
    rows.map((row) => row.id),
  );
  const found = rows.find((row) => row.id === id);
  if (!found) throw new UserError(`nothing waits under ${typed}`, "./nodeops approvals lists what does", EXIT.usage);
  return found;
}

/** Who or what is still missing, as text for a person. */
export const whoMustApprove = ({ approval }: WaitingRun): string =>
  plain(words(approval.refusal)) || "it needs the signature of an accepted key";

function refuseUnlessYours(run: WaitingRun): void {
  if (!run.approval.canApprove) throw new UserError(whoMustApprove(run));
}

/** Everything that a signature would stand for. */
export function printWaiting(run: WaitingRun): void {
  printLine(
    `${paint("bold", plain(words(run.title)))} on ${plain(run.nodeName)}  (${run.risk}), asked for by ${plain(run.requestedByName)} ${age(run.createdAt)} ago`,
  );
  printLine(`  ${plain(words(run.plan.touches))}`);
  for (const [i, step] of run.plan.steps.entries())
    printLine(`  ${i + 1}. ${plain(words(step.title))}  ${paint("dim", plain(JSON.stringify(step.action)))}`);
  printLine(`  plan ${run.planHash}\n`);
}

/**
 * Signs (or releases) one waiting run. What is signed is not taken on trust: it has to be what was shown to the person who agreed.
 * @throws UserError when it is not, or there is no key
 */
async function giveApproval(client: Client, run: WaitingRun, shown: Shown, options: CommonOptions) {
  const { id, approval } = run;
  if (!approval.needsSignature) return answer(client.approvals.release.mutate({ id }));
  const key = needApprovalKey(options);
  return answer(client.approvals.approve.mutate({ id, signature: key.sign(statementOf(run, shown)) }));
}

const tell = (line: string, options: CommonOptions): void =>
  void (options.json ? process.stderr.write(`${line}\n`) : printLine(line));

/** After a start: signs with the local key where that counts, and only what was shown before it; else says who has to. */
export async function approveStarted(
  id: string,
  shown: Shown,
  options: CommonOptions,
  say: (line: string) => void = (line) => tell(line, options),
): Promise<void> {
  const client = exact(options);
  const run = await answer(client.approvals.get.query({ id }));
  if (run.id !== id || !isOfShown(run, shown)) throw new UserError(NOT_SHOWN);
  const canSign = run.approval.needsSignature && localApprovalKey(options) !== null;
  if (!run.approval.canApprove || !canSign) {
    say(
      `repair ${shortId(id)} waits for approval: ${run.approval.canApprove ? "no local approval key here" : whoMustApprove(run)}`,
    );
    say(`  approve it on the console's page Approvals, or with ./nodeops approve ${shortId(id)} on its host`);
    return;
  }
  say(
    `  signing with this machine's approval key: ${run.risk}, ${plain(shown.nodeName)}, plan ${shown.planHash.slice(0, 16)}…`,
  );
  const decided = await giveApproval(client, run, shown, options);
  if (decided.state !== "awaiting") return;
  say(`  ${plain(words(decided.outcome)) || "signed; another person has to sign too (./nodeops approvals)"}`);
}

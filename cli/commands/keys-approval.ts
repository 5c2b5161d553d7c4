// `approval-keys`: the keys that may sign approvals; accepts one that was asked for, removes one, with the local approval key.
import { setTimeout as sleep } from "node:timers/promises";
import { Statement } from "../../protocol/statement.ts";
import type { ApprovalKeyRow } from "../../server/approvals/schema.ts";
import { needApprovalKey } from "../approval-key.ts";
import { answer, type Client, connect } from "../client.ts";
import { confirm } from "../confirm.ts";
import type { CommonOptions, Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { age, printJson, printLine, printTable } from "../output.ts";
import { fingerprint, plain } from "../words.ts";

/** The dispatcher carries it out within a second or two; longer than this and something is missing, ms. */
const DONE_WITHIN_MS = 15_000;

export const list: Run<object> = async (_args, options) => {
  const keys = await answer(connect(options).approvals.keys.query());
  if (options.json) return printJson(keys.map(withFingerprint));
  printTable<ApprovalKeyRow>(
    keys,
    [
      { title: "KEY", text: (k) => short(k.id) },
      { title: "STATE", text: (k) => k.state, style: (k) => (k.state === "active" ? "green" : "yellow") },
      { title: "TYPE", text: (k) => (k.type === "webauthn" ? "passkey" : "local key") },
      { title: "PERSON", text: (k) => `${plain(k.personName)}${k.isYours ? " (you)" : ""}` },
      { title: "LABEL", text: (k) => plain(k.label) || null },
      { title: "FINGERPRINT", text: (k) => fingerprint(k.publicKey) },
      { title: "SINCE", text: (k) => age(k.changedAt) },
      { title: "WHY", text: (k) => plain(k.reason) || null },
    ],
    "no key yet; ./nodeops up makes the local one",
  );
};

type Options = CommonOptions & { yes?: boolean };

export const accept: Run<{ yes?: boolean }> = ([typed = ""], options) =>
  change(typed, options, { from: "requested", to: "active", kind: "key-add", word: "accepted" });

export const remove: Run<{ yes?: boolean }> = ([typed = ""], options) =>
  change(typed, options, { from: "active", to: "removed", kind: "key-remove", word: "removed" });

type Change = {
  from: ApprovalKeyRow["state"];
  to: ApprovalKeyRow["state"];
  kind: "key-add" | "key-remove";
  word: string;
};

async function change(typed: string, options: Options, { from, to, kind, word }: Change): Promise<number> {
  const client = connect(options);
  const key = await find(client, typed);
  if (key.state !== from)
    throw new UserError(`key ${short(key.id)} is ${key.state}`, "./nodeops approval-keys lists them");
  const statement = Statement.parse(key.toSign.statement);
  const isShown =
    statement.kind === kind &&
    statement.keyId === key.id &&
    (statement.kind !== "key-add" ||
      (statement.person === key.person &&
        statement.personName === key.personName &&
        statement.type === key.type &&
        statement.publicKey === key.publicKey));
  if (!isShown) throw new UserError("what the console wants signed is not what it shows; nothing was signed");
  if (!options.json) printLine(`fingerprint ${fingerprint(key.publicKey)}`);
  // It names one key; only a person at a terminal is asked again.
  await confirm(
    kind === "key-add"
      ? `Let this key of ${plain(key.personName)} sign approvals?`
      : `Take the right to sign approvals from this key of ${plain(key.personName)}?`,
    options.yes || !process.stdin.isTTY,
  );
  const signature = needApprovalKey(options).sign(statement);
  await answer(client.approvals.signKey.mutate({ keyId: key.id, signature }));
  const after = await settled(client, key.id, from);
  if (options.json) printJson(withFingerprint(after));
  else if (after.state === to) printLine(`key ${short(key.id)} of ${plain(key.personName)} is ${word}`);
  else
    printLine(
      `signed, but the key is ${after.state}${after.reason ? `: ${plain(after.reason)}` : "; ./nodeops status shows whether the dispatcher runs"}`,
    );
  return after.state === to ? EXIT.ok : EXIT.failed;
}

/** The key once the dispatcher has changed its state, or had its time. */
async function settled(client: Client, id: string, from: string): Promise<ApprovalKeyRow> {
  const end = Date.now() + DONE_WITHIN_MS;
  for (;;) {
    const row = await find(client, id);
    if (row.state !== from || Date.now() > end) return row;
    await sleep(300);
  }
}

const withFingerprint = (key: ApprovalKeyRow) => ({ ...key, fingerprint: fingerprint(key.publicKey) });

/** Key ids have no time in them: the beginning is enough. */
const short = (id: string) => id.slice(0, 12);

async function find(client: Client, typed: string): Promise<ApprovalKeyRow> {
  const keys = await answer(client.approvals.keys.query());
  const found = keys.filter(({ id }) => id === typed || (typed.length >= 4 && id.startsWith(typed)));
  const [only] = found;
  if (only && found.length === 1) return only;
  throw new UserError(
    found.length > 1 ? `${found.length} keys match ${typed}` : `there is no key ${typed}`,
    "./nodeops approval-keys lists them",
    EXIT.usage,
  );
}

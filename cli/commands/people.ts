// `people`: accounts, their rights, and whether they may be used.
import { answer, type Client, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { age, paint, printJson, printLine, printTable } from "../output.ts";
import { plain } from "../words.ts";
import { roleNamed } from "./tokens.ts";

/** The account with this address. @throws UserError when there is none */
export async function personNamed(client: Client, email: string) {
  const people = await answer(client.accounts.people.query());
  const person = people.find((one) => one.email === email.toLowerCase());
  if (!person) throw new UserError(`there is no account ${email}`, "./nodeops people shows them", EXIT.failed);
  return person;
}

export const list: Run<object> = async (_args, options) => {
  const rows = await answer(connect(options).accounts.people.query());
  if (options.json) return printJson(rows);
  printTable(
    rows,
    [
      { title: "EMAIL", text: (p) => plain(p.email) },
      { title: "NAME", text: (p) => plain(p.name) },
      {
        title: "RIGHTS",
        text: (p) =>
          [p.role ?? "", ...p.grants.map((g) => `${g.role}:${g.selector}`)].filter((t) => t !== "").join(" "),
      },
      { title: "2ND FACTOR", text: (p) => (p.hasTwoFactor ? "app" : p.passkeyCount > 0 ? "passkey" : "–") },
      { title: "STATE", text: (p) => (p.disabledAt ? "disabled" : p.lockedUntil ? "locked" : "active") },
      { title: "SEEN", text: (p) => age(p.lastSeenAt) },
    ],
    "nobody",
  );
};

/** "operator:pool=edge" */
function grantNamed(text: string) {
  const at = text.indexOf(":");
  if (at < 1) throw new UserError(`${text} is not role:selector`, "e.g. operator:pool=edge", EXIT.usage);
  return { role: roleNamed(text.slice(0, at)), selector: text.slice(at + 1) };
}

export const create: Run<{ name?: string; role: string; grant?: string[] }> = async ([email = ""], options) => {
  const made = await answer(
    connect(options).accounts.createPerson.mutate({
      email,
      name: options.name ?? email,
      role: options.role === "none" ? null : roleNamed(options.role),
      grants: (options.grant ?? []).map(grantNamed),
    }),
  );
  if (options.json) return printJson(made);
  printLine(
    `  User       ${made.email}\n  Password   ${paint("bold", made.password)}   shown only now, good for a week; to be changed at the first sign-in`,
  );
};

const setDisabled =
  (disabled: boolean): Run<object> =>
  async ([email = ""], options) => {
    const client = connect(options);
    const { id } = await personNamed(client, email);
    await answer(client.accounts.setDisabled.mutate({ id, disabled }));
    if (options.json) printJson({ id, disabled });
    else printLine(disabled ? `${email} is disabled; sessions and tokens have ended` : `${email} is enabled`);
  };
export const disable = setDisabled(true);
export const enable = setDisabled(false);

export const unlock: Run<object> = async ([email = ""], options) => {
  const client = connect(options);
  const { id } = await personNamed(client, email);
  await answer(client.accounts.unlock.mutate({ id }));
  if (options.json) printJson({ id });
  else printLine(`${email} may try again`);
};

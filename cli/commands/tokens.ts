// `tokens`, `whoami`: API tokens for other machines and scripts.
import type { Role } from "../../server/core/access.ts";
import { answer, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { age, printJson, printLine, printTable } from "../output.ts";

const ROLES: readonly Role[] = ["viewer", "user", "operator", "approver", "admin"];

export const whoami: Run<object> = async (_args, options) => {
  const me = await answer(connect(options).accounts.me.query());
  if (options.json) printJson(me);
  else printLine(`${me.name} (${me.kind}, ${me.role})`);
};

export const list: Run<object> = async (_args, options) => {
  const rows = await answer(connect(options).accounts.tokens.query());
  if (options.json) return printJson(rows);
  printTable(
    rows,
    [
      { title: "ID", text: (t) => t.id },
      { title: "NAME", text: (t) => t.name },
      { title: "ROLE", text: (t) => t.role },
      {
        title: "STATE",
        text: (t) => (t.revokedAt ? "revoked" : t.expiresAt && t.expiresAt < new Date() ? "expired" : "valid"),
      },
      { title: "LAST USED", text: (t) => age(t.lastUsedAt) },
    ],
    "no tokens",
  );
};

export const create: Run<{ role: string; expires: number }> = async ([name = ""], options) => {
  const role = ROLES.find((one) => one === options.role);
  if (!role) throw new UserError(`there is no role ${options.role}`, `choose from ${ROLES.join(", ")}`, EXIT.usage);
  const made = await answer(
    connect(options).accounts.createToken.mutate({ name, role, expiresInDays: options.expires }),
  );
  if (options.json) printJson(made);
  else printLine(`${made.token}\n\nShown only now. Use it as NODEOPS_TOKEN, with NODEOPS_URL.`);
};

export const revoke: Run<object> = async ([id = ""], options) => {
  const result = await answer(connect(options).accounts.revokeToken.mutate({ id }));
  if (options.json) printJson(result ?? { id });
  else printLine(`token ${id} is revoked`);
};

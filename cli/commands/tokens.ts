// `tokens`, `whoami`: API tokens for other machines and scripts.
import { type Permission, permissions, type Role, roles } from "../../server/core/access.ts";
import { answer, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { age, printJson, printLine, printTable } from "../output.ts";

const isPermission = (name: string): name is Permission => Object.hasOwn(permissions, name);

/** @throws UserError for a name that is none */
export function roleNamed(name: string): Role {
  const role = roles.find((one) => one === name);
  if (!role) throw new UserError(`there is no role ${name}`, `choose from ${roles.join(", ")}`, EXIT.usage);
  return role;
}

export const whoami: Run<object> = async (_args, options) => {
  const me = await answer(connect(options).accounts.me.query());
  if (options.json) printJson(me);
  else
    printLine(`${me.name} (${me.kind}): ${me.grants.map(({ role, selector }) => `${role} on ${selector}`).join(", ")}`);
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
      { title: "ON", text: (t) => t.selector },
      { title: "ONLY", text: (t) => t.scopes.join(",") },
      {
        title: "STATE",
        text: (t) => (t.revokedAt ? "revoked" : t.expiresAt && t.expiresAt < new Date() ? "expired" : "valid"),
      },
      { title: "LAST USED", text: (t) => age(t.lastUsedAt) },
    ],
    "no tokens",
  );
};

export const create: Run<{ role: string; selector: string; scope?: string[]; expires: number }> = async (
  [name = ""],
  options,
) => {
  const role = roleNamed(options.role);
  const wanted = options.scope ?? [];
  const unknown = wanted.find((scope) => !isPermission(scope));
  if (unknown !== undefined)
    throw new UserError(`there is no permission ${unknown}`, Object.keys(permissions).join(", "), EXIT.usage);
  const made = await answer(
    connect(options).accounts.createToken.mutate({
      name,
      role,
      selector: options.selector,
      scopes: wanted.filter(isPermission),
      expiresInDays: options.expires,
    }),
  );
  if (options.json) printJson(made);
  else printLine(`${made.token}\n\nShown only now. Use it as NODEOPS_TOKEN, with NODEOPS_URL.`);
};

export const revoke: Run<object> = async ([id = ""], options) => {
  const result = await answer(connect(options).accounts.revokeToken.mutate({ id }));
  if (options.json) printJson(result ?? { id });
  else printLine(`token ${id} is revoked`);
};

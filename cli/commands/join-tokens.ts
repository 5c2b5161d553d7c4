// `join-token`, `join-tokens`: how nodes get in.
import { join } from "node:path";
import type { JoinTokenRow, NewJoinToken } from "../../server/agents/schema.ts";
import { answer, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { joinLine, localPins } from "../join-line.ts";
import { age, printJson, printLine, printTable } from "../output.ts";
import { dataDir, dataPaths, ROOT } from "../paths.ts";

type Options = { pool: string; label?: string[]; from?: string[]; uses: number; expires: number; note: string };

export const create: Run<Options> = async (_args, options) => {
  const labels = Object.fromEntries(
    (options.label ?? []).map((pair) => {
      const [key, ...value] = pair.split("=");
      if (!key || value.length === 0) throw new UserError(`${pair} is not key=value`, undefined, EXIT.usage);
      return [key, value.join("=")];
    }),
  );
  const { pool, uses: maxUses, expires: expiresInMinutes, note, from: cidrs } = options;
  const answered = await answer(
    connect(options).joinTokens.create.mutate({ pool, labels, cidrs, maxUses, expiresInMinutes, note }),
  );
  const made = process.env.NODEOPS_URL ? answered : { ...answered, command: ownLine(answered, options.data) };
  if (options.json) printJson(made);
  else
    printLine(
      `${made.command}\n\nRun this on the new node as root. The token is shown only now; it admits ${maxUses} and expires ${made.expiresAt.toISOString()}.`,
    );
};

const ownLine = (made: NewJoinToken, data: string | undefined): string =>
  joinLine(made, localPins(dataPaths(dataDir(data)).public, join(ROOT, "dist")));

export const list: Run<object> = async (_args, options) => {
  const rows = await answer(connect(options).joinTokens.list.query());
  if (options.json) return printJson(rows);
  printTable<JoinTokenRow>(
    rows,
    [
      { title: "ID", text: (t) => t.id },
      { title: "POOL", text: (t) => t.pool },
      { title: "USED", text: (t) => `${t.uses} of ${t.maxUses}` },
      { title: "FROM", text: (t) => t.cidrs.join(", ") || "anywhere" },
      { title: "STATE", text: (t) => (t.revokedAt ? "revoked" : t.expiresAt < new Date() ? "expired" : "valid") },
      { title: "AGE", text: (t) => age(t.createdAt) },
      { title: "BY", text: (t) => t.createdBy },
      { title: "NOTE", text: (t) => t.note },
    ],
    "no join tokens",
  );
};

export const revoke: Run<object> = async ([id = ""], options) => {
  const result = await answer(connect(options).joinTokens.revoke.mutate({ id }));
  if (options.json) printJson(result ?? { id });
  else printLine(`join token ${id} is revoked`);
};

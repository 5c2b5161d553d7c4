// `reset-password`: for someone locked out who has this machine; works on the database, the console need not answer.
import { ensureSecret } from "../../server/core/secrets.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { paint, printJson, printLine } from "../output.ts";
import { dataDir, dataPaths } from "../paths.ts";
import { localUrl } from "../postgres/database.ts";
import { liveState } from "../state.ts";
import { firstAdmin, resetPassword } from "../up/database-work.ts";

export const run: Run<object> = async ([email], options) => {
  const paths = dataPaths(dataDir(options.data));
  const state = liveState(paths);
  const external = process.env.DATABASE_URL;
  if (!state && !external) throw new UserError(`nothing runs on ${paths.dir}`, "./nodeops up first", EXIT.unreachable);
  const url =
    external ?? localUrl(state?.ports.postgres ?? 0, ensureSecret(paths.dir, "launcher", "database-password"));
  const account = await resetPassword(paths, url, email ?? (await firstAdmin(paths, url)).email);
  if (options.json) printJson(account);
  else
    printLine(
      `  User       ${account.email}\n  Password   ${paint("bold", account.password ?? "")}   shown only now; every session of this account has ended`,
    );
  return EXIT.ok;
};

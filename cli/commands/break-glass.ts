// `break-glass`: emergency access for whoever has this machine; works on the database, so also while the identity provider is away.
import { ensureSecret } from "../../server/core/secrets.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { paint, printJson, printLine } from "../output.ts";
import { dataDir, dataPaths } from "../paths.ts";
import { localUrl } from "../postgres/database.ts";
import { liveState } from "../state.ts";
import { openBreakGlass } from "../up/database-work.ts";

export const run: Run<{ reason: string; minutes: number; as?: string }> = async (_args, options) => {
  const paths = dataPaths(dataDir(options.data));
  const state = liveState(paths);
  const external = process.env.DATABASE_URL;
  if (!state && !external) throw new UserError(`nothing runs on ${paths.dir}`, "./nodeops up first", EXIT.unreachable);
  const url =
    external ?? localUrl(state?.ports.postgres ?? 0, ensureSecret(paths.dir, "launcher", "database-password"));
  const opened = await openBreakGlass(paths, url, options);
  // After the "#": browsers keep that part to themselves, so it stands in no log.
  const link = `${state?.webUrl ?? ""}/sign-in#break-glass=${opened.code}`;
  if (options.json) printJson({ ...opened, link });
  else
    printLine(
      [
        `  As         ${opened.email}, with an administrator's rights until ${opened.expiresAt}`,
        `  Link       ${paint("bold", link)}`,
        "",
        "  Good for one sign-in within 10 minutes, shown only now. Everybody sees that it is open; it is to be reviewed",
        "  by somebody else afterwards (People → Emergency access).",
      ].join("\n"),
    );
  return EXIT.ok;
};

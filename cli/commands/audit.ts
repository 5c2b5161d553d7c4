// `audit`: who changed what; `audit export` writes the trail out, `audit verify` proves that nobody changed it.
import { existsSync } from "node:fs";
import type { AuditRow } from "../../server/audit/schema.ts";
import type { ChainReport } from "../../server/audit/verify.ts";
import { answer, type Client, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { EXIT, errorMessage, UserError } from "../errors.ts";
import { paint, printJson, printLine, printTable } from "../output.ts";
import { dataDir, dataPaths } from "../paths.ts";
import { localUrl } from "../postgres/database.ts";
import { liveState } from "../state.ts";
import { plain } from "../words.ts";

type Filters = { search?: string; action?: string[]; outcome?: string[]; since?: Date; until?: Date };

const filtersOf = ({ search, action, outcome, since, until }: Filters) => ({
  search,
  action,
  outcome,
  from: since,
  to: until,
});

export const run: Run<Filters & { page: number; pageSize: number }> = async (_args, options) => {
  const { page, pageSize } = options;
  const list = await answer(connect(options).audit.list.query({ ...filtersOf(options), page, pageSize }));
  if (options.json) return printJson(list);
  printTable(
    list.rows,
    [
      { title: "#", text: (a) => a.seq },
      { title: "AT", text: (a) => a.at.toISOString().slice(0, 19).replace("T", " ") },
      { title: "WHO", text: (a) => plain(a.actorName) },
      { title: "ACTION", text: (a) => a.action },
      { title: "ON", text: (a) => plain(`${a.entity} ${a.entityId}`) },
      { title: "OUTCOME", text: (a) => a.outcome },
    ],
    "nothing was changed yet",
  );
  if (list.total > list.rows.length)
    printLine(`\n${list.rows.length} of ${list.total}; --page ${list.page + 1} shows more`);
};

/** Every row that fits, newest first, one page after the other; rows that are added meanwhile are not part of it. */
async function* rowsOf(client: Client, filters: Filters): AsyncGenerator<AuditRow> {
  const until = filters.until ?? new Date();
  for (let page = 1; ; page += 1) {
    const { rows } = await answer(
      client.audit.list.query({ ...filtersOf({ ...filters, until }), page, pageSize: 200 }),
    );
    yield* rows;
    if (rows.length < 200) return;
  }
}

/** JSON lines on stdout: for archives and for systems that collect logs. */
export const exportTrail: Run<Filters> = async (_args, options) => {
  for await (const row of rowsOf(connect(options), options)) process.stdout.write(`${JSON.stringify(row)}\n`);
};

/** Reads the database itself, not the console: what is checked must not come from what might lie. */
export const verify: Run<object> = async (_args, options) => {
  const paths = dataPaths(dataDir(options.data));
  const { readAnchors } = await import("../../server/dispatch/anchors.ts");
  const { anchors, faults } = readAnchors(paths.dir);
  const report = await withDatabase(paths, (url) => check(url, anchors));
  const all: ChainReport = {
    ...report,
    isWhole: report.isWhole && faults.length === 0,
    faultCount: report.faultCount + faults.length,
    faults: [...report.faults, ...faults.map((detail) => ({ kind: "rewritten" as const, seq: "0", detail }))],
  };
  if (options.json) printJson(all);
  else printReport(all);
  return all.isWhole ? EXIT.ok : EXIT.failed;
};

async function check(url: string, anchors: Parameters<typeof import("../../server/audit/verify.ts").verifyChain>[1]) {
  const { default: pg } = await import("pg");
  const { verifyChain } = await import("../../server/audit/verify.ts");
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await verifyChain(client, anchors);
  } finally {
    await client.end();
  }
}

async function withDatabase<T>(paths: ReturnType<typeof dataPaths>, work: (url: string) => Promise<T>): Promise<T> {
  const state = liveState(paths);
  const external = process.env.DATABASE_URL;
  if (!state && !external) throw new UserError(`nothing runs on ${paths.dir}`, "./nodeops up first", EXIT.unreachable);
  if (!external && !existsSync(paths.databasePassword))
    throw new UserError("the database's password cannot be read", "run this as the owner of the data folder");
  const { readFileSync } = await import("node:fs");
  const url = external ?? localUrl(state?.ports.postgres ?? 0, readFileSync(paths.databasePassword, "utf8").trim());
  try {
    return await work(url);
  } catch (err) {
    throw new UserError(`the trail could not be read: ${errorMessage(err)}`, undefined, EXIT.unreachable, err);
  }
}

function printReport({ isWhole, rows, anchors, head, faultCount, faults }: ChainReport): void {
  printLine(
    isWhole
      ? `${paint("green", "✓")} ${rows} entries, none changed, missing or out of order; ${anchors} anchors outside the database agree`
      : `${paint("red", "✗")} ${faultCount} ${faultCount === 1 ? "fault" : "faults"} in ${rows} entries`,
  );
  for (const { seq, kind, detail } of faults)
    printLine(`  ${seq === "0" ? "–" : `#${seq}`}  ${kind}: ${plain(detail)}`);
  if (faultCount > faults.length) printLine(`  … and ${faultCount - faults.length} more`);
  printLine(`  head: ${head.seq} ${head.hash}`);
  if (isWhole && anchors === 0)
    printLine("  no anchors yet: rows cut off at the end could not be noticed (the dispatcher writes one every 10 s)");
}

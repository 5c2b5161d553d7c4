// `check`: checks that are written at run time – try a file, back-test, save, let it count – and the back-test of any check.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { CheckDraft, type DraftError, type ShownBackTest, type Tried } from "../../server/custom-checks/schema.ts";
import { answer, type Client, connect } from "../client.ts";
import type { CommonOptions, Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { age, duration, paint, printJson, printLine, printTable } from "../output.ts";
import { plain, words } from "../words.ts";

/** A definition from a JSON file. @throws UserError that names what is wrong in it */
function readDraft(file: string): CheckDraft {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (err) {
    throw new UserError(`${file}: ${err instanceof Error ? err.message : String(err)}`, undefined, EXIT.usage);
  }
  const parsed = CheckDraft.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UserError(`${file}: ${issue?.path.join(".")}: ${issue?.message}`, undefined, EXIT.usage);
}

export const list: Run<object> = async (_args, options) => {
  const rows = await answer(connect(options).customChecks.list.query());
  if (options.json) return printJson(rows);
  printTable(
    rows,
    [
      { title: "CHECK", text: (c) => c.id },
      { title: "STATE", text: (c) => c.state },
      {
        title: "VERSION",
        text: (c) => (c.version === c.newestVersion ? c.version : `${c.version} of ${c.newestVersion}`),
      },
      { title: "SEVERITY", text: (c) => c.severity },
      { title: "OPEN", text: (c) => c.openFindings },
      { title: "IN SHADOW", text: (c) => c.shadowFindings },
      { title: "CHANGED", text: (c) => age(c.updatedAt) },
      { title: "WHAT", text: (c) => plain(words(c.title)) },
    ],
    "no checks of your own; ./nodeops check try FILE tries one",
  );
};

export const show: Run<object> = async ([id = ""], options) => {
  const detail = await answer(connect(options).customChecks.get.query({ id }));
  if (options.json) return printJson(detail);
  printLine(`${paint("bold", detail.id)}  ${detail.state}, version ${detail.version} of ${detail.newestVersion}`);
  for (const { version, backTest, createdByName, createdAt } of detail.versions)
    printLine(
      `  version ${version}  ${plain(createdByName)}, ${age(createdAt)}  ${backTest ? `found ${backTest.problems} on ${backTest.nodes} nodes` : "not back-tested"}`,
    );
  const [newest] = detail.versions;
  if (newest) printLine(plain(JSON.stringify(newest.draft, null, 2)));
};

export const tryFile: Run<object> = async ([file = ""], options) => {
  const draft = readDraft(file);
  const tried = await answer(connect(options).customChecks.tryFixtures.query({ draft }));
  if (options.json) printJson(tried);
  else printTried(draft, tried);
  return tried.isPassed ? EXIT.ok : EXIT.failed;
};

function printTried(draft: CheckDraft, { errors, fixtures, isPassed }: Tried): void {
  for (const error of errors) printError(draft, error);
  for (const { name, isPassed: isRight, expected, actual, reason } of fixtures) {
    const told = isRight
      ? String(actual)
      : `${String(actual)}${reason && ` (${plain(reason)})`}, expected ${String(expected)}`;
    printLine(`${isRight ? paint("green", "✓") : paint("red", "✗")} ${plain(name)}: ${plain(told)}`);
  }
  if (!isPassed && errors.length === 0 && fixtures.every((one) => one.isPassed))
    printLine("fixtures must show at least one problem and one ok");
}

/** The expression with a mark under the place. */
function printError(draft: CheckDraft, { field, message, start, end }: DraftError): void {
  printLine(`${paint("red", "✗")} ${field}: ${plain(words(message))}`);
  const value = field.split(".").reduce<unknown>((of, key) => Object(of)[key], draft);
  if (typeof value !== "string" || start === null || value.includes("\n")) return;
  printLine(`    ${plain(value)}`);
  printLine(`    ${" ".repeat(start)}${"^".repeat(Math.max(1, (end ?? start) - start))}`);
}

type BackTestOptions = { file?: string; select: string; sample?: boolean };

export const backTest: Run<BackTestOptions> = async ([id], options) => {
  const client = connect(options);
  if (!id === !options.file) throw new UserError("name a check, or a definition with --file", undefined, EXIT.usage);
  const target = options.file ? { draft: readDraft(options.file) } : { id: id ?? "" };
  const asked = { target, selector: options.select };
  const result = options.sample
    ? await answer(client.customChecks.backTest.query(asked))
    : await whole(client, asked, options);
  if (options.json) printJson(result);
  else printResult(result);
};

async function whole(
  client: Client,
  asked: Parameters<Client["customChecks"]["startBackTest"]["mutate"]>[0],
  { json }: CommonOptions,
): Promise<ShownBackTest> {
  const { runId } = await answer(client.customChecks.startBackTest.mutate(asked));
  for (let shown = ""; ; await sleep(300)) {
    const run = await answer(client.customChecks.backTestRun.query({ runId }));
    if (!run || (run.state !== "running" && !run.result)) throw new UserError(run?.error ?? "the back-test was lost");
    if (run.result) return run.result;
    const line = `${run.done} of ${run.selected} node(s)`;
    if (line !== shown && !json) printLine(`  … ${line}`);
    shown = line;
  }
}

function printResult(result: ShownBackTest): void {
  const part = result.nodes < result.selected ? ` of ${result.selected}` : "";
  const took = result.wallMs === null ? "" : ` in ${duration(result.wallMs)}`;
  printLine(
    `${result.nodes}${part} node(s)${took}: ${result.problemNodes} with a problem, ${result.unknown} unknown, ${result.ok} ok`,
  );
  printLine(`${result.problems} problem(s): ${result.wouldOpen} would be new, ${result.alreadyOpen} are open already`);
  if (result.cutShort) printLine(`it ended before the last node: ${result.cutShort}`);
  for (const { reason, nodes } of result.unknownReasons) printLine(`  unknown on ${nodes}: ${plain(reason)}`);
  for (const one of result.sample.slice(0, 20))
    printLine(
      `  ${one.isOpen ? "open" : "new "}  ${plain(one.nodeName)}  ${plain(one.subject)}  ${plain(words(one.message))}`,
    );
}

export const save: Run<object> = async ([id = "", file = ""], options) => {
  const made = await answer(connect(options).customChecks.save.mutate({ id, draft: readDraft(file) }));
  if (options.json) printJson(made);
  else printLine(made.isNew ? `${id}: version ${made.version}` : `${id}: version ${made.version} already says this`);
};

export const setState: Run<{ reason: string; version?: number }> = async ([id = "", state = ""], options) => {
  if (state !== "shadow" && state !== "active" && state !== "retired")
    throw new UserError(`there is no state ${state}`, "choose from shadow, active, retired", EXIT.usage);
  const { version, reason } = options;
  const done = await answer(
    connect(options).customChecks.setState.mutate({ id, state, reason, ...(version === undefined ? {} : { version }) }),
  );
  if (options.json) return printJson(done);
  printLine(
    `${id}: version ${done.version} is ${done.state}${done.backTest ? `; its back-test found ${done.backTest.problems} on ${done.backTest.nodes} nodes` : ""}`,
  );
};

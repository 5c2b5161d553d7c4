// `rollouts plan`: a plan from options or from a JSON file; shown first, then fixed under its hashes.
import { readFileSync } from "node:fs";
import { PlanRollout, type PlanRolloutInput, type RolloutPreview } from "../../server/rollouts/schema.ts";
import { answer, connect } from "../client.ts";
import { confirm } from "../confirm.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { duration, paint, printJson, printLine, printTable } from "../output.ts";
import { spanMs } from "../span.ts";
import { plain, shortId, words } from "../words.ts";

export type PlanOptions = {
  from?: string;
  kind?: string;
  params?: string;
  sysctl?: string;
  file?: string;
  content?: string;
  mode?: string;
  restart?: string;
  repair?: string;
  check?: string;
  prewarm?: string[];
  package?: string;
  hook?: string;
  customCheck?: string;
  checkMode?: string;
  label?: string;
  where?: string;
  node?: string[];
  exclude?: string[];
  percentage?: number;
  limit?: number;
  first?: number;
  growth?: number;
  soak?: string;
  fast?: boolean;
  reason?: string;
  title?: string;
};
type Change = { kind: string; params: Record<string, unknown> };

const usage = (message: string, hint?: string): UserError => new UserError(message, hint, EXIT.usage);

function pair(text: string, option: string): [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw usage(`${option} ${text}: write key=value`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function readJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${what} is no JSON`, undefined, EXIT.usage, cause);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new UserError(`${path} cannot be read`, undefined, EXIT.usage, cause);
  }
}

/** Every change that the options name; the caller wants one at most. */
function changesOf(options: PlanOptions): Change[] {
  const found: Change[] = [];
  if (options.kind !== undefined) {
    const params = readJson(options.params ?? "{}", "--params");
    if (typeof params !== "object" || params === null) throw usage("--params is no JSON object");
    found.push({ kind: options.kind, params: { ...params } });
  }
  if (options.sysctl !== undefined) {
    const [key, value] = pair(options.sysctl, "--sysctl");
    found.push({ kind: "sysctl", params: { key, value } });
  }
  if (options.file !== undefined) {
    if (options.content === undefined) throw usage("--file needs --content", "the local file with what it is to hold");
    const mode = options.mode === undefined ? {} : { mode: options.mode };
    const content = readText(options.content);
    found.push({
      kind: "config-file",
      params: { path: options.file, content, ...mode, restartModule: options.restart ?? null },
    });
  }
  if (options.repair !== undefined) {
    if (options.check === undefined) throw usage("--repair needs --check", "the check whose finding it mends");
    found.push({ kind: "repair", params: { repairId: options.repair, checkId: options.check } });
  }
  if (options.prewarm) found.push({ kind: "image-prewarm", params: { images: options.prewarm, runtime: null } });
  if (options.package !== undefined) {
    const [name, version] = pair(options.package, "--package");
    found.push({ kind: "package", params: { name, version, restartModule: options.restart ?? null } });
  }
  if (options.hook !== undefined) {
    if (options.content === undefined) throw usage("--hook needs --content", "the local file with its descriptor");
    found.push({ kind: "hook", params: { name: options.hook, descriptor: readText(options.content) } });
  }
  if (options.customCheck !== undefined) {
    const [check, version] = pair(options.customCheck, "--custom-check");
    found.push({ kind: "check", params: { check, version: Number(version) } });
  }
  if (options.checkMode !== undefined) {
    const [check, checkMode] = pair(options.checkMode, "--check-mode");
    found.push({ kind: "check", params: { check, checkMode } });
  }
  if (options.label !== undefined) {
    const [key, value] = pair(options.label, "--label");
    found.push({ kind: "label", params: { key, value: value === "" ? null : value } });
  }
  return found;
}

const given = (values: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

/** The plan that file and options mean together. @throws UserError when it is none */
export function planFrom(options: PlanOptions): PlanRolloutInput {
  const base = options.from === undefined ? {} : readJson(readText(options.from), options.from);
  const file = typeof base === "object" && base !== null ? (base as Record<string, Record<string, unknown>>) : {}; // parsed below
  const [change, second] = changesOf(options);
  if (second)
    throw usage(
      "one change at a time",
      "choose one of --sysctl, --file, --repair, --prewarm, --package, --hook, --custom-check, --check-mode, --label, --kind",
    );
  const where = given({
    selector: options.where,
    nodes: options.node,
    exclude: options.exclude,
    checkId: options.check,
    percentage: options.percentage,
    limit: options.limit,
  });
  const policy = given({
    first: options.first,
    growth: options.growth,
    soakMs: options.soak === undefined ? undefined : spanMs(options.soak),
  });
  const parsed = PlanRollout.safeParse({
    ...file,
    ...given({ change, title: options.title, reason: options.reason, lane: options.fast ? "fast" : undefined }),
    where: { ...file.where, ...where },
    policy: { ...file.policy, ...policy },
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw usage(`the plan: ${issue?.path.join(".")}: ${issue?.message}`, "./nodeops rollouts plan --help");
}

function printPreview(preview: RolloutPreview): void {
  printLine(
    `${paint("bold", plain(words(preview.summary)))}  (${preview.risk}${preview.isReversible ? ", can be taken back" : ", no way back"})`,
  );
  const skipped = Object.entries(preview.skipped).map(([reason, n]) => `${n} ${reason}`);
  printLine(
    `  ${preview.count} of ${preview.selected} selected nodes${skipped.length > 0 ? `; left out: ${skipped.join(", ")}` : ""}\n`,
  );
  printTable(
    preview.waves,
    [
      { title: "WAVE", text: (w) => w.wave + 1 },
      { title: "DOMAIN", text: (w) => plain(w.domain) || null },
      { title: "NODES", text: (w) => w.size },
      { title: "STARTS", text: (w) => duration(w.startsAtMs) },
      { title: "FIRST", text: (w) => w.sample.map(({ name }) => plain(name)).join(", ") },
    ],
    "no nodes, no waves",
  );
  printLine();
  for (const budget of preview.budget) printLine(`  ${plain(words(budget.sum))}`);
  for (const hint of preview.hints) printLine(`  ${plain(words(hint))}`);
  for (const problem of preview.problems) printLine(`  ${paint("red", plain(words(problem.text)))}`);
}

export const plan: Run<PlanOptions & { dryRun?: boolean; start?: boolean; yes?: boolean }> = async (_args, options) => {
  const client = connect(options);
  const input = planFrom(options);
  const preview = await answer(client.rollouts.preview.query(input));
  if (!options.json) printPreview(preview);
  if (options.dryRun) {
    if (options.json) printJson(preview);
    return preview.problems.length === 0 ? EXIT.ok : EXIT.failed;
  }
  const [problem] = preview.problems;
  if (problem) throw new UserError(plain(words(problem.text)));
  await confirm(`Plan this for ${preview.count} nodes?`, options.yes || options.json || !process.stdin.isTTY);
  const made = await answer(client.rollouts.plan.mutate(input));
  const isStarted = options.start === true && made.phase === "approved";
  if (isStarted) await answer(client.rollouts.start.mutate({ id: made.id, targetHash: made.targetHash }));
  if (options.json) return printJson({ ...made, isStarted });
  printLine(`rollout ${shortId(made.id)} is planned: ${made.count} nodes, targets ${made.targetHash.slice(0, 16)}…`);
  if (isStarted) printLine(`  started; ./nodeops rollouts watch ${shortId(made.id)}`);
  else if (made.phase === "planned")
    printLine(`  it waits for approval; ./nodeops rollouts approve ${shortId(made.id)}`);
  else printLine(`  ./nodeops rollouts start ${shortId(made.id)}`);
};

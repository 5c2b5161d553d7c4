// `knowledge`: search and read articles, and move them as files. What is brought in becomes drafts; people publish them in the console.
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { type ArticleRow, IMPORT_FILES_MAX, MARKDOWN_CHARS_MAX } from "../../server/knowledge/schema.ts";
import { answer, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { printJson, printLine, printTable } from "../output.ts";
import { plain } from "../words.ts";

type Lang = { lang?: "en" | "zh" };
const languageOf = ({ lang }: Lang): "en" | "zh" =>
  lang ?? (/^zh/i.test(process.env.LC_ALL ?? process.env.LC_MESSAGES ?? process.env.LANG ?? "") ? "zh" : "en");

export const search: Run<Lang & { kind: "all" | "check" | "cause"; page: number; pageSize: number }> = async (
  words,
  options,
) => {
  const { kind, page, pageSize } = options;
  const found = await answer(connect(options).knowledge.list.query({ search: words.join(" "), kind, page, pageSize }));
  if (options.json) printJson(found);
  else
    printTable<ArticleRow>(
      found.rows,
      [
        { title: "ARTICLE", text: (row) => row.articleId },
        { title: "TITLE", text: (row) => plain(row.title[languageOf(options)]) },
        { title: "WHOSE", text: (row) => row.side ?? "" },
        { title: "FROM", text: (row) => `${row.origin}${row.open ? `, ${row.open}` : ""}` },
      ],
      "no article fits",
    );
  return found.total === 0 ? EXIT.failed : EXIT.ok;
};

/** One word is taken as a cause, then as a check. */
export const show: Run<Lang> = async ([name = ""], options) => {
  const client = connect(options);
  const ids = name.includes("/") ? [name] : [`cause/${name}`, `check/${name}`];
  const [first = "", second] = ids;
  const found = await client.knowledge.get
    .query({ articleId: first })
    .catch((err: unknown) =>
      second ? answer(client.knowledge.get.query({ articleId: second })) : Promise.reject(err),
    );
  if (options.json) return printJson(found);
  const language = languageOf(options);
  printLine(`# ${plain(found.title[language])}\n`);
  printLine(found.body ? found.body[language] || found.body.en : "only a draft so far");
  for (const source of found.sources) printLine(source);
};

export const exportTo: Run<{ own?: boolean }> = async ([folder = ""], options) => {
  const { files } = await answer(connect(options).knowledge.export.query({ origin: options.own ? "own" : "all" }));
  for (const { path, text } of files) {
    const target = resolve(folder, path);
    // The console names the files; this machine decides where they may lie.
    if (relative(resolve(folder), target).startsWith(".."))
      throw new UserError(`${path} would lie outside of ${folder}`);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
  if (options.json) return printJson({ folder: resolve(folder), files: files.map(({ path }) => path) });
  printLine(`${files.length} files written to ${folder}`);
};

export const importFrom: Run<{ dryRun?: boolean }> = async (paths, options) => {
  const files = (await Promise.all(paths.map(filesOf))).flat();
  if (files.length === 0)
    throw new UserError("there is no .md file", "name files or folders with articles", EXIT.usage);
  if (files.length > IMPORT_FILES_MAX)
    throw new UserError(`${files.length} files are too many`, `at most ${IMPORT_FILES_MAX} at once`, EXIT.usage);
  const report = await answer(connect(options).knowledge.import.mutate({ files, isTrial: options.dryRun ?? false }));
  if (options.json) printJson(report);
  else {
    for (const { path, outcome, why } of report.files)
      if (outcome !== "unchanged") printLine(`${outcome.padEnd(8)} ${path}${why ? `: ${plain(why.en)}` : ""}`);
    const unchanged = report.files.filter(({ outcome }) => outcome === "unchanged").length;
    printLine(`${report.drafts} drafts${options.dryRun ? " would be made" : ""}, ${unchanged} files unchanged`);
  }
  return report.files.some(({ outcome }) => outcome === "refused") ? EXIT.failed : EXIT.ok;
};

async function filesOf(path: string): Promise<{ path: string; text: string }[]> {
  const names = statSync(path, { throwIfNoEntry: false })?.isDirectory()
    ? (await readdir(path, { recursive: true })).filter((name) => name.endsWith(".md")).map((name) => join(path, name))
    : [path];
  return names.map((name) => {
    const text = readText(name);
    if (text.length > MARKDOWN_CHARS_MAX)
      throw new UserError(`${name} is too long`, `an article has at most ${MARKDOWN_CHARS_MAX} characters`, EXIT.usage);
    // Below a folder that was named, the path tells what it is; a file that was named alone brings its own folder along.
    return { path: resolve(name), text };
  });
}

function readText(name: string): string {
  try {
    return readFileSync(name, "utf8");
  } catch (err) {
    throw new UserError(
      `${name} cannot be read: ${err instanceof Error ? err.message : String(err)}`,
      undefined,
      EXIT.usage,
    );
  }
}

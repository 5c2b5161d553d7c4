// `diagnose [FILE]`: what is wrong, judging by pasted text. Answer first, then why, then the lines that say so. Asks nothing of a console;
// with --container, --pod or --node the console is asked instead (diagnose-live.ts).
import { readFileSync } from "node:fs";
import type { LikelyCause } from "../../diagnosis/answer.ts";
import type { Cause, Side } from "../../diagnosis/cause.ts";
import { causes } from "../../diagnosis/causes/list.ts";
import { type Diagnosis, diagnose } from "../../diagnosis/diagnose.ts";
import type { Text } from "../../protocol/text.ts";
import type { Run } from "../define.ts";
import { EXIT, errorMessage, UserError } from "../errors.ts";
import { paint, printJson, printLine } from "../output.ts";
import { isChinese, plain } from "../words.ts";
import type { LiveOptions } from "./diagnose-live.ts";

/** The exit code of an honest "don't know". */
const DONT_KNOW = 3;
/** Characters around a mark in a long line. */
const AROUND = 160;
const SHOWN_CAUSES_MAX = 4;
const SHOWN_LINES_MAX = 4;

const SIDES: Record<Side, Text> = {
  yours: { en: "your container", zh: "容器自身（使用者）" },
  ours: { en: "the node", zh: "节点（运维方）" },
  either: { en: "container or node, the evidence must tell", zh: "容器或节点，取决于证据" },
};
const BASES: Record<LikelyCause["basis"], Text> = {
  proof: { en: "only this cause prints that", zh: "只有此原因会打印这些内容" },
  strong: { en: "nearly always this cause", zh: "几乎总是此原因" },
  hint: { en: "a hint", zh: "线索" },
  words: { en: "it is described like this", zh: "描述与此相符" },
};

export const run: Run<LiveOptions> = async ([file = "-"], options) => {
  if ([options.container, options.pod, options.node].some((one) => one !== undefined))
    return (await import("./diagnose-live.ts")).live(options);
  const input = read(file);
  const diagnosis = diagnose(input, causes);
  const language = options.lang ?? (isChinese ? "zh" : "en");
  if (options.json) printJson(shown(diagnosis));
  else print(input, diagnosis, (text) => text[language]);
  return diagnosis.isKnown ? EXIT.ok : DONT_KNOW;
};

/** @throws UserError when there is nothing to read */
function read(file: string): string {
  if (file === "-" && process.stdin.isTTY)
    throw new UserError("nothing to read", "pipe a text in, or name a file", EXIT.usage);
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (err) {
    throw new UserError(`cannot read ${file}: ${errorMessage(err)}`, undefined, EXIT.usage);
  }
  if (text.trim() === "") throw new UserError("the text is empty", undefined, EXIT.usage);
  return text;
}

const catalogue = new Map<string, Cause>(causes.map((cause) => [cause.id, cause]));

function shown({ causes: found, ...rest }: Diagnosis) {
  const described = found.map((one) => {
    const { title, side, checks = [] } = catalogue.get(one.id) ?? {};
    return { ...one, title, side, checks };
  });
  return { ...rest, causes: described };
}

/** Less likely ones are for machines. */
const isWorthSaying = ({ confidence }: LikelyCause) => confidence >= 0.05;

type Say = (text: Text) => string;

function print(input: string, diagnosis: Diagnosis, say: Say): void {
  const { causes: found, isKnown, chain, rpc, code, components, cutChars, isCutShort } = diagnosis;
  if (isKnown)
    for (const [at, cause] of found.filter(isWorthSaying).slice(0, SHOWN_CAUSES_MAX).entries())
      printCause(input, cause, at === 0, say);
  else
    printLine(
      say({
        en: "I don't know: nothing in this text is certain enough to be said.",
        zh: "无法判断：文中没有足以确定原因的内容。",
      }),
    );
  if (chain.length > 1) {
    printLine();
    printLine(paint("bold", say({ en: "Errors, outer to inner", zh: "错误链（由外到内）" })));
    for (const [depth, { text }] of chain.entries())
      printLine(`  ${" ".repeat(Math.min(depth, 12))}${plain(clipped(text))}`);
  }
  const said = [
    components.length > 0 && `${say({ en: "spoke", zh: "输出者" })}: ${components.map(plain).join(", ")}`,
    rpc && `${say({ en: "call", zh: "调用" })}: ${rpc}`,
    code && `${say({ en: "status", zh: "状态码" })}: ${code}`,
  ].filter(Boolean);
  if (said.length > 0) printLine(`\n${said.join("  ")}`);
  if (cutChars > 0)
    printLine(
      say({
        en: `the text is long: ${cutChars} characters of its middle were not read`,
        zh: `文本过长：中间 ${cutChars} 个字符未读取`,
      }),
    );
  if (isCutShort)
    printLine(
      say({ en: "the text is long: its later part was read in less depth", zh: "文本过长：后半部分未完全分析" }),
    );
}

function printCause(input: string, { id, confidence, basis, evidence }: LikelyCause, isFirst: boolean, say: Say): void {
  const cause = catalogue.get(id);
  if (!cause) return;
  const percent = `${Math.round(confidence * 100)} %`;
  if (!isFirst) printLine();
  printLine(`${paint(isFirst ? "bold" : "dim", say(cause.title))}  ${percent}  ${paint("dim", id)}`);
  printLine(`  ${say({ en: "whose", zh: "归属" })}: ${say(SIDES[cause.side])}; ${say(BASES[basis])}`);
  for (const { start, end } of evidence.slice(0, isFirst ? SHOWN_LINES_MAX : 1)) printMarked(input, start, end);
}

/** The line around a place, with the place marked. */
function printMarked(input: string, start: number, end: number): void {
  const before = input.slice(Math.max(0, start - AROUND, input.lastIndexOf("\n", start - 1) + 1), start);
  const newline = input.indexOf("\n", end);
  const after = input.slice(end, Math.min(newline === -1 ? input.length : newline, end + AROUND));
  const marked = clipped(input.slice(start, end).replace(/\s+/g, " "));
  printLine(`  ${plain(before.trimStart())}${paint("yellow", `»${plain(marked)}«`)}${plain(after)}`);
}

const clipped = (text: string) => (text.length > 400 ? `${text.slice(0, 399)}…` : text);

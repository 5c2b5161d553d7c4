// `diagnose --container|--pod|--node`: the console looks at it now and says whose trouble it is. Verdict first, then why, then what can be done.

import type { Text } from "../../protocol/text.ts";
import type { CaseDetail, CaseFinding, ShownCause, Suggestion, VerdictSide } from "../../server/diagnosis/schema.ts";
import { answer, connect } from "../client.ts";
import type { CommonOptions } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { age, paint, printJson, printLine } from "../output.ts";
import { isChinese, plain, shortId } from "../words.ts";

export type LiveOptions = CommonOptions & { container?: string; pod?: string; node?: string; lang?: "en" | "zh" };

/** Exit code of an answer that is none: 3, which pasted texts have for it, says here that the console does not answer. */
const UNSURE = 4;

type Say = (text: Text) => string;
type Asked = { container: string; node?: string } | { podName: string; podNamespace?: string } | { node: string };

/** @throws UserError for more than one thing at once */
export function askedFor({ container, pod, node }: LiveOptions): Asked {
  if (container !== undefined && pod !== undefined)
    throw new UserError("one thing at a time: --container or --pod", undefined, EXIT.usage);
  if (container !== undefined) return { container, ...(node === undefined ? {} : { node }) };
  if (pod !== undefined) {
    const [first = "", second] = pod.split("/");
    return second === undefined ? { podName: first } : { podNamespace: first, podName: second };
  }
  if (node !== undefined) return { node };
  throw new UserError("nothing to look at", "name --container, --pod or --node", EXIT.usage);
}

/** @returns 0 where the answer is sure, also that nothing is wrong; 4 where it is not */
export async function live(options: LiveOptions): Promise<number> {
  const detail = await answer(connect(options).diagnosis.live.mutate(askedFor(options)));
  const language = options.lang ?? (isChinese ? "zh" : "en");
  if (options.json) printJson(detail);
  else print(detail, (text) => plain(text[language]));
  return detail.isKnown ? EXIT.ok : UNSURE;
}

const STYLES: Record<VerdictSide, "yellow" | "red" | "bold"> = {
  yours: "yellow",
  ours: "red",
  either: "yellow",
  unsure: "bold",
};

function print({ subject, verdict, causes, observations, findings, suggestions, caseId }: CaseDetail, say: Say): void {
  printLine(paint(verdict.isWell ? "green" : STYLES[verdict.side], say(verdict.text)));
  for (const reason of verdict.because) printLine(`  ${say(reason)}`);
  if (subject) printLine(paint("dim", `\n${subjectLine(subject)}`));
  for (const { label, value, isAbnormal } of observations)
    printLine(`  ${isAbnormal ? paint("yellow", "!") : " "} ${say(label)}: ${say(value)}`);
  if (causes.length > 0) printLine();
  for (const cause of causes.slice(0, 3)) printCause(cause, say);
  if (findings.length > 0) printLine(`\n${paint("bold", say({ en: "Open on the node", zh: "节点上的未决问题" }))}`);
  for (const finding of findings) printFinding(finding, say);
  if (suggestions.length > 0) printLine(`\n${paint("bold", say({ en: "What can be done", zh: "可以采取的措施" }))}`);
  for (const suggestion of suggestions) printSuggestion(suggestion, say);
  printLine(paint("dim", `\n${say({ en: "case", zh: "案例" })} ${caseId}`));
}

function subjectLine({
  kind,
  containerName,
  containerId,
  podNamespace,
  podName,
  nodeName,
  image,
}: NonNullable<CaseDetail["subject"]>): string {
  if (kind === "node") return plain(nodeName);
  const pod = [podNamespace, podName].filter((part) => part !== null && part !== "").join("/");
  const name = `${containerName ?? ""} ${(containerId ?? "").slice(0, 12)}`.trim();
  return plain([pod, name, image, nodeName].filter((part) => part !== null && part !== "").join("  "));
}

function printCause({ id, title, confidence, article }: ShownCause, say: Say): void {
  printLine(`${paint("bold", say(title))}  ${Math.round(confidence * 100)} %  ${paint("dim", id)}`);
  if (article) for (const line of say(article.sections.safe).split("\n")) printLine(`  ${line}`);
}

function printFinding({ id, title, severity, since, isAboutSubject, detail }: CaseFinding, say: Say): void {
  const about = isAboutSubject ? say({ en: " (about this very one)", zh: "（就是它）" }) : "";
  printLine(`  ${severity}  ${say(title)}${about}  ${age(since)}  ${paint("dim", shortId(id))}`);
  if (detail) printLine(`    ${say(detail.message)}`);
}

const RISKS: Record<Suggestion["risk"], Text> = {
  safe: { en: "safe", zh: "安全" },
  disruptive: { en: "disruptive", zh: "会中断服务" },
  destructive: { en: "destructive", zh: "会丢失数据" },
};
const WAYS: Record<Suggestion["way"], Text> = {
  start: { en: "you may start it", zh: "你可以启动" },
  request: { en: "you may ask for it", zh: "你可以申请" },
  none: { en: "somebody with more rights may start it", zh: "需由有权限的人启动" },
};

function printSuggestion({ title, risk, record, way, runId, findingId }: Suggestion, say: Say): void {
  const worked =
    record.total === 0
      ? say({ en: "never run yet", zh: "尚未执行过" })
      : say({
          en: `worked ${record.succeeded} of ${record.total} times`,
          zh: `${record.total} 次中 ${record.succeeded} 次有效`,
        });
  const state =
    runId === null ? say(WAYS[way]) : say({ en: `under way as ${shortId(runId)}`, zh: `进行中（${shortId(runId)}）` });
  printLine(`  ${say(title)} (${say(RISKS[risk])}; ${worked}; ${state})`);
  if (runId === null && way !== "none") printLine(paint("dim", `    ./nodeops repair ${shortId(findingId)}`));
}

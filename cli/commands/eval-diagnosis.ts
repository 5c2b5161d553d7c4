// The diagnosis suite of `nodeops eval`: labelled texts and questions against the causes. Called by eval.ts.
import { z } from "zod";
import { causes } from "../../diagnosis/causes/list.ts";
import {
  type CrossValidated,
  crossValidate,
  type LabelledText,
  type Measured,
  measure,
} from "../../diagnosis/evaluate.ts";
import { printJson, printLine } from "../output.ts";

const Record = z
  .object({
    id: z.string(),
    /** A cause's id; "none": nothing in the text can be named. */
    label: z.string(),
    text: z.string().nullish(),
    /** Where there is no text: what somebody says of it. */
    symptom_own_words: z.string().nullish(),
  })
  .refine(({ text, symptom_own_words }) => text || symptom_own_words, "neither text nor symptom_own_words");

/** @throws ZodError when a record is not of this form */
const labelled = (record: unknown): LabelledText => {
  const { id, label, text, symptom_own_words } = Record.parse(record);
  return { id, label, text: text || symptom_own_words || "" };
};

export type DiagnosisEvalOptions = { isJson: boolean; isVerbose: boolean; isLeftOut: boolean };

/** Measures and prints. @throws ZodError when a record is not of the suite's form */
export function evalDiagnosis(
  records: readonly unknown[],
  { isJson, isVerbose, isLeftOut }: DiagnosisEvalOptions,
): void {
  const texts = records.map(labelled);
  const measured = measure(texts, causes, () => performance.now());
  const crossValidated = isLeftOut ? crossValidate(texts, causes) : undefined;
  if (isJson) {
    printJson({ ...measured, ...(crossValidated && { crossValidated }) });
    return;
  }
  print(measured);
  if (crossValidated) printCross(crossValidated, isVerbose);
  if (isVerbose)
    for (const { id, label, got } of measured.wrong)
      printLine(`  ${id}: ${label}, got ${got.join(", ") || "don't know"}`);
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

function print({ n, top1, top3, falsePositiveRate, unknownRate, p95Ms }: Measured): void {
  printLine(
    `diagnosis: ${n} texts, first answer right ${percent(top1)}, among the first three ${percent(top3)}, don't know ${percent(unknownRate)}, false positives ${percent(falsePositiveRate)}, p95 ${p95Ms.toFixed(1)} ms`,
  );
}

function printCross(
  { trials, top1, without, robustLabels, labels, fragile }: CrossValidated,
  isVerbose: boolean,
): void {
  printLine(
    `left out one at a time: ${percent(top1)} of ${trials} trials right; ${robustLabels} of ${labels} labels lose no text`,
  );
  printLine(
    `without any signature that only one text bears: ${percent(without.top1)} right, ${percent(without.unknown)} don't know, ${percent(without.wrong)} wrong`,
  );
  if (isVerbose) for (const { id, label, signature } of fragile) printLine(`  ${id} ${label} hangs on ${signature}`);
}

// Keeps a question with its answer, and counts it.
import { Counter } from "prom-client";
import { v7 as uuidv7 } from "uuid";
import { toJson } from "../core/audit.ts";
import type { Actor, Tx } from "../core/context.ts";
import { registry } from "../core/metrics.ts";
import type { Answered } from "./answer-live.ts";
import { askerOf, type CaseRow, caseColumns } from "./cases.ts";
import type { CaseKind } from "./schema.ts";

const asked = new Counter({
  name: "nodeops_diagnosis_total",
  help: "Questions by what was asked (text, container, pod, node) and whether the answer is known",
  labelNames: ["kind", "known"],
  registers: [registry],
});

export async function storeCase(
  tx: Tx,
  actor: Actor,
  now: Date,
  kind: CaseKind,
  { answer, isKnown, input, template }: Answered,
): Promise<CaseRow> {
  const { subject, verdict, causes } = answer;
  const [first] = causes;
  asked.inc({ kind, known: String(isKnown) });
  return tx.diagnosisCase.create({
    data: {
      id: uuidv7(),
      kind,
      input,
      nodeId: subject?.nodeId ?? null,
      runtime: subject?.runtime ?? null,
      containerId: subject?.containerId ?? null,
      podNamespace: subject?.podNamespace ?? null,
      podName: subject?.podName ?? null,
      answer: toJson(answer),
      isKnown,
      topCause: first?.id ?? null,
      side: verdict.side,
      confidence: first?.confidence ?? 0,
      template,
      askedBy: askerOf(actor),
      askedByName: actor.name,
      createdAt: now,
    },
    select: caseColumns,
  });
}

/** What the audit trail keeps of a question: never its words. */
export const caseAudit = (row: CaseRow, kind: CaseKind) => ({
  entity: ["diagnosis", row.id] as const,
  nodeId: row.nodeId,
  after: { kind, isKnown: row.isKnown, topCause: row.topCause, side: row.side, characters: row.input.length },
});

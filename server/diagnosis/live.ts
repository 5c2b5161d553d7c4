// "What is wrong with this one?": a container, pod or node is looked at now, and the answer says whose trouble it is.
import type { z } from "zod";
import type { Tx } from "../core/context.ts";
import type { Scope } from "../core/scope.ts";
import { mutation } from "../core/verb.ts";
import { answerLive } from "./answer-live.ts";
import { changed } from "./cases.ts";
import { type ContainerRow, containerByRef, containerOfPod, nodeSubject, subjectOf } from "./containers.ts";
import { caseDetail } from "./detail.ts";
import { causeBook } from "./engine.ts";
import { type CaseSubject, LiveDiagnosis } from "./schema.ts";
import { caseAudit, storeCase } from "./store.ts";

type About = { subject: CaseSubject; container: ContainerRow | null };

async function find(tx: Tx, scope: Scope, asked: z.output<typeof LiveDiagnosis>): Promise<About> {
  if ("container" in asked) {
    const container = await containerByRef(tx, scope, asked);
    return { subject: subjectOf("container", container), container };
  }
  if ("podName" in asked) {
    const container = await containerOfPod(tx, scope, asked);
    return { subject: subjectOf("pod", container), container };
  }
  const id = await scope.node(tx, asked.node);
  const { name } = await tx.node.findUniqueOrThrow({ where: { id }, select: { name: true } });
  return { subject: nodeSubject(id, name), container: null };
}

export const liveDiagnosis = mutation({
  name: "diagnosis.live",
  access: "diagnosis:ask",
  on: "node",
  input: LiveDiagnosis,
  async run({ tx, actor, now, scope }, asked) {
    const at = now();
    const { subject, container } = await find(tx, scope, asked);
    const answered = await answerLive({ db: tx, book: await causeBook(tx), now: at }, subject, container);
    const row = await storeCase(tx, actor, at, subject.kind, answered);
    return {
      result: await caseDetail({ db: tx, actor, now: at, scope }, row),
      audit: caseAudit(row, subject.kind),
      changes: [changed(row.id)],
    };
  },
});

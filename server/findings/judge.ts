// A person's verdict on a finding: it was real, or it was none. The check's figures are made of it; the finding's life goes on as it was.
import { mutation } from "../core/verb.ts";
import { JudgeFinding } from "./schema.ts";

/** The last word counts; null takes it back. */
export const judgeFinding = mutation({
  name: "findings.judge",
  access: "findings:write",
  on: "node",
  input: JudgeFinding,
  async run({ tx, scope }, { id, wasReal }) {
    const { nodeId } = await scope.finding(tx, id);
    const before = await tx.finding.findUniqueOrThrow({ where: { id }, select: { wasReal: true, checkId: true } });
    await tx.finding.update({ where: { id }, data: { wasReal }, select: { id: true } });
    return {
      result: { id, wasReal },
      audit: { entity: ["finding", id], nodeId, before, after: { ...before, wasReal } },
      changes: [{ domain: "findings", ids: [id] }],
    };
  },
});

// One case as it stands: the answer, and what we are doing about it.
import { query } from "../core/verb.ts";
import { visibleCase } from "./cases.ts";
import { caseDetail } from "./detail.ts";
import { type CaseDetail, CaseRef } from "./schema.ts";

export const getCase = query({
  name: "diagnosis.case",
  access: "diagnosis:ask",
  on: "node",
  input: CaseRef,
  async run({ db, actor, now, scope }, { id }): Promise<CaseDetail> {
    const row = await visibleCase(db, actor, scope, id);
    return caseDetail({ db, actor, now: now(), scope }, row);
  },
});

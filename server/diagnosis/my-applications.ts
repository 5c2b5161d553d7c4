// "My applications": containers of the asker's part by namespace and application, what each uses of its limits, and what is wrong with it.
import { query } from "../core/verb.ts";
import { loadApplications, loadMembers } from "./applications.ts";
import { applicationsOf, shown } from "./group-applications.ts";
import { type ApplicationList, ListApplications } from "./schema.ts";

export const listMyApplications = query({
  name: "diagnosis.myApplications",
  access: "diagnosis:ask",
  on: "node",
  input: ListApplications,
  async run({ db, scope }, { page, pageSize, search }): Promise<ApplicationList> {
    const { rows, isCut } = await loadApplications(db, scope, search);
    const groups = applicationsOf(rows);
    const own = groups.slice((page - 1) * pageSize, page * pageSize);
    const extra = await loadMembers(
      db,
      own.flatMap(({ members }) => members),
    );
    return { rows: own.map((group) => shown(group, extra)), total: groups.length, page, pageSize, isCut };
  },
});

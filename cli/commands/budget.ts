// `budget`: what may be away at once in each pool; with --set it is changed.
import type { BudgetRow } from "../../server/budget/schema.ts";
import { answer, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { printJson, printLine, printTable } from "../output.ts";
import { plain, words } from "../words.ts";

type Options = { set?: string; unhealthy?: number; domains?: number; available?: number; reason?: string };
type Most = BudgetRow["policy"]["maxUnavailable"];

/** "3" nodes or "10%" of the pool. @throws UserError for anything else */
export function mostOf(text: string): Most {
  const [, amount, sign] = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text.trim()) ?? [];
  if (amount === undefined) throw new UserError(`${text} is no amount`, "nodes (3) or a share (10%)", EXIT.usage);
  return sign === "%" ? { ratio: Number(amount) / 100 } : { nodes: Number(amount) };
}

export const run: Run<Options> = async ([pool], options) => {
  const client = connect(options);
  const rows = await answer(client.budget.list.query({}));
  const { set, unhealthy, domains, available, reason } = options;
  if ([set, unhealthy, domains, available].every((one) => one === undefined)) {
    const shown = pool === undefined ? rows : rows.filter((row) => row.pool === pool);
    if (options.json) return printJson(shown);
    return print(shown);
  }
  const before = rows.find((row) => row.pool === pool);
  if (!before)
    throw new UserError(
      "name the pool whose budget changes",
      `one of ${rows.map((row) => row.pool).join(", ")}`,
      EXIT.usage,
    );
  if (reason === undefined) throw new UserError("a change of the budget needs --reason", undefined, EXIT.usage);
  const { policy } = before;
  const changed = {
    maxUnavailable: set === undefined ? policy.maxUnavailable : mostOf(set),
    maxUnhealthyRatio: unhealthy === undefined ? policy.maxUnhealthyRatio : unhealthy / 100,
    maxDomains: domains ?? policy.maxDomains,
    minAvailable: available ?? policy.minAvailable,
  };
  const done = await answer(client.budget.set.mutate({ pool: before.pool, policy: changed, reason }));
  if (options.json) printJson(done);
  else printLine(`the budget of ${plain(before.pool)} is set`);
};

function print(rows: BudgetRow[]): void {
  printTable(
    rows,
    [
      { title: "POOL", text: (r) => plain(r.pool) },
      { title: "NODES", text: (r) => r.nodes },
      { title: "SICK", text: (r) => r.sick },
      { title: "IN HAND", text: (r) => r.leased },
      { title: "MOST", text: (r) => r.max },
      { title: "FREE", text: (r) => r.free, style: (r) => (r.free === 0 ? "red" : "green") },
      { title: "SUM", text: (r) => plain(words(r.sum)) },
    ],
    "no pools yet",
  );
}

// `cordon`, `uncordon`, `leases`: nodes in people's hands, each with owner, reason and end.
import type { LeaseRow } from "../../server/budget/schema.ts";
import { answer, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { age, duration, printJson, printLine, printTable } from "../output.ts";
import { spanMs } from "../span.ts";
import { plain, words } from "../words.ts";
import { ROLLOUT_EXIT } from "./rollouts.ts";

export const cordon: Run<{ for: string; reason: string; wait: boolean }> = async ([node = ""], options) => {
  const asked = { node, forMs: spanMs(options.for), reason: options.reason, isWaiting: options.wait };
  const got = await answer(connect(options).leases.cordon.mutate(asked));
  if (options.json) printJson(got);
  else if (got.leaseId) printLine(`${plain(node)} is cordoned for ${options.for}`);
  else printLine(`${got.requestId ? "it waits in line" : "it cannot be had now"}: ${plain(words(got.sum))}`);
  return got.leaseId ? EXIT.ok : got.requestId ? ROLLOUT_EXIT.waits : EXIT.failed;
};

export const uncordon: Run<object> = async ([node = ""], options) => {
  const client = connect(options);
  const { leases, waiting } = await answer(client.leases.list.query({}));
  const isIt = (row: { nodeId: string; nodeName: string }): boolean => row.nodeName === node || row.nodeId === node;
  const found =
    leases.find((row) => row.kind === "cordon" && isIt(row)) ?? waiting.find((row) => row.isMine && isIt(row));
  if (!found)
    throw new UserError(`nobody has ${node} cordoned`, "./nodeops leases lists who has which node", EXIT.usage);
  const done = await answer(client.leases.release.mutate({ id: found.id }));
  if (options.json) printJson(done);
  else printLine(`${plain(node)} is free again`);
};

const until = ({ expiresAt }: LeaseRow): string | null =>
  expiresAt ? duration(Math.max(0, expiresAt.getTime() - Date.now())) : null;

export const list: Run<object> = async (_args, options) => {
  const found = await answer(connect(options).leases.list.query({}));
  if (options.json) return printJson(found);
  printTable(
    found.leases,
    [
      { title: "NODE", text: (r) => plain(r.nodeName) },
      { title: "FOR", text: (r) => r.kind },
      { title: "OWNER", text: (r) => plain(r.ownerName) },
      { title: "REASON", text: (r) => plain(r.reason) || null },
      { title: "SINCE", text: (r) => age(r.takenAt) },
      { title: "ENDS IN", text: until },
    ],
    "nobody has a node in hand",
  );
  if (found.waiting.length === 0) return;
  printLine();
  printTable(
    found.waiting,
    [
      { title: "PLACE", text: (r) => r.place },
      { title: "NODE", text: (r) => plain(r.nodeName) },
      { title: "WHO", text: (r) => plain(r.ownerName) },
      { title: "WAITS FOR", text: (r) => plain(words(r.waitsFor)) || null },
    ],
    "",
  );
};

// Private to shells: columns, and what state a shell is in. Its row knows what the node said; before that the run it belongs to knows better.
import type { Prisma } from "../../generated/prisma/client.ts";
import { ShellEnd } from "../../protocol/messages.ts";
import type { Text } from "../../protocol/text.ts";
import type { Actor, Context, Tx } from "../core/context.ts";
import { actorRef } from "../core/context.ts";
import type { ShellRow, ShellState } from "./schema.ts";

export const shellColumns = {
  id: true,
  nodeId: true,
  containerId: true,
  subject: true,
  namespaces: true,
  minutes: true,
  reason: true,
  state: true,
  requestedBy: true,
  requestedByName: true,
  createdAt: true,
  openedAt: true,
  deadlineAt: true,
  endedAt: true,
  endReason: true,
  exitCode: true,
  outputBytes: true,
  node: { select: { name: true } },
} as const satisfies Prisma.ShellSelect;

type Raw = Prisma.ShellGetPayload<{ select: typeof shellColumns }>;
/** The run of the same id. */
export type ShellRun = { state: string; outcome: Text | null };

export async function runsOf(db: Context["db"] | Tx, ids: string[]): Promise<Map<string, ShellRun>> {
  const rows = await db.repair.findMany({
    where: { id: { in: ids } },
    select: { id: true, state: true, outcome: true },
  });
  return new Map(rows.map(({ id, ...run }) => [id, { ...run, outcome: run.outcome as Text | null }])); // written by the engine
}

/** @param stored what the row says: `awaiting` until the node has printed the first thing */
export function shellState(stored: string, run: string | undefined): ShellState {
  if (stored === "open" || stored === "ended" || stored === "refused") return stored;
  if (run === "awaiting") return "awaiting";
  return run === "queued" || run === "running" || run === "succeeded" ? "opening" : "refused";
}

export function toShellRow(raw: Raw, run: ShellRun | undefined, actor: Actor): ShellRow {
  const { requestedByName, requestedBy, endReason, node, ...rest } = raw;
  return {
    ...rest,
    nodeName: node.name,
    state: shellState(raw.state, run?.state),
    requestedBy: requestedByName,
    isYours: requestedBy === actorRef(actor),
    endReason: ShellEnd.safeParse(endReason).data ?? null,
  };
}

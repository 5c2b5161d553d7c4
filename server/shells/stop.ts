// Ends a shell: one that waits is withdrawn, one that is open is killed with everything begun in it. Any of the staff may.
import { SHELL_INPUT_CHANNEL } from "../core/changes.ts";
import { actorRef } from "../core/context.ts";
import { noSuch } from "../core/errors.ts";
import { enqueue } from "../core/queue.ts";
import { sql } from "../core/sql.ts";
import { mutation } from "../core/verb.ts";
import { advanceRepairs } from "../repairs/jobs.ts";
import { shellState } from "./rows.ts";
import { ShellRef } from "./schema.ts";

export const stopShell = mutation({
  name: "shells.stop",
  access: "shells:stop",
  on: "node",
  input: ShellRef,
  async run({ tx, actor, now, scope }, { id }) {
    const { nodeId } = await scope.repair(tx, id);
    const [shell] = await tx.$queryRaw<{ state: string; requested_by: string; run: string; seq: number }[]>(sql`
      SELECT s.state, s.requested_by, r.state AS run,
        (SELECT coalesce(max(i.seq), 0) FROM shell_input i WHERE i.shell_id = s.id)::int AS seq
      FROM shell_session s JOIN repair r ON r.id = s.id WHERE s.id = ${id}::uuid FOR UPDATE OF s`);
    if (!shell) throw noSuch("repair", id);
    const by = actorRef(actor);
    const state = shellState(shell.state, shell.run);
    const isLive = state === "open" || state === "opening";
    if (isLive) {
      const word = shell.requested_by === by ? "closed" : "stopped";
      const data = new Uint8Array(Buffer.from(word));
      await tx.shellInput.create({
        data: { shellId: id, seq: shell.seq + 1, kind: "x", data, by, at: now() },
        select: { seq: true },
      });
      await tx.shell.update({ where: { id }, data: { endedBy: by }, select: { id: true } });
      await tx.$executeRaw(sql`SELECT pg_notify(${SHELL_INPUT_CHANNEL}, ${id})`);
    }
    // One that waits, and one whose command has not left yet, is withdrawn as any run is.
    if (state === "awaiting" || state === "opening")
      await tx.repair.updateMany({
        where: { id, endedAt: null },
        data: { isCancelRequested: true, version: { increment: 1 } },
      });
    return {
      result: { id, state },
      audit: { entity: ["shell", id] as const, nodeId, before: { state } },
      changes: [{ domain: "shells" as const, ids: [id] }],
      after: () => enqueue(advanceRepairs, { repairIds: [id] }),
    };
  },
});

// A node that speaks of another node's command: nothing comes of it, but it is written down, for no honest agent does it.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { writeAudit } from "../core/audit.ts";
import { systemActor } from "../core/context.ts";
import type { Logger } from "../core/log.ts";
import type { ForeignCommand } from "./ingest-durable.ts";

/** One audit row a node within this, ms: whoever does it once can do it a thousand times. */
const EVERY_MS = 3_600_000;

/** Writes audit rows, apart from the frames' transaction: the trail must not slow the hot path. */
export function recordForeign(input: { db: PrismaClient; log: Logger; now?: () => number }) {
  const { db, log, now = () => performance.now() } = input;
  const lastAt = new Map<string, number>();
  return {
    seen(commands: readonly ForeignCommand[]): void {
      for (const { nodeId, commandId } of commands) {
        const last = lastAt.get(nodeId);
        if (last !== undefined && now() - last < EVERY_MS) continue;
        lastAt.set(nodeId, now());
        writeAudit(db, {
          actor: systemActor("gateway"),
          action: "agents.foreign-command",
          at: new Date(),
          requestId: null,
          outcome: "denied",
          entry: { entity: ["command", commandId], nodeId },
        }).catch((err: unknown) => log.error({ nodeId, err: String(err) }, "foreign command not in the audit trail"));
      }
    },
  };
}

// How the command in flight ended, as the engine sees it: by the node's word, by the dispatcher's, by the clock or by a freeze.
import type { Prisma } from "../../generated/prisma/client.ts";
import { CommandResult } from "../../protocol/commands.ts";
import type { Text } from "../../protocol/text.ts";
import { toJson } from "../core/audit.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { isFrozen } from "../freeze/frozen.ts";
import { WITHDRAWN } from "./call-back.ts";
import type { CommandEnd, Run } from "./step.ts";

/** Past its expiry a command waits this long for an acceptance that is on its way, ms. */
const ACCEPTANCE_GRACE_MS = 5_000;
/** An accepted command without a result for this long has an unknown outcome, ms; no command of the catalogue runs longer than three minutes. */
const RESULT_WITHIN_MS = 300_000;
/** A command that the dispatcher has not come to for this long is given up, ms. */
const UNSIGNED_MAX_MS = 300_000;

type CommandRow = {
  id: string;
  role: string;
  stepIndex: number;
  state: string;
  /** Null: the dispatcher has not signed it. */
  keyId: string | null;
  queuedAt: Date | null;
  expiresAt: Date | null;
  acceptedAt: Date | null;
  result: Prisma.JsonValue | null;
};
type Row = { nodeId: string; commands: CommandRow[] };

const ms = (date: Date | null): number | null => date?.getTime() ?? null;

/** A command's end; `why` is the console's own word, for ends that the node had no part in. */
export type Ended = { command: CommandRow; end: CommandEnd; why: Text | null };

const FROZEN: Text = { en: "the fleet was frozen.", zh: "机群已冻结。" };
const NOT_SIGNED: Text = {
  en: "the dispatcher did not sign it within 5 minutes; ./nodeops status shows whether it runs.",
  zh: "调度器在 5 分钟内没有签发；./nodeops status 可查看其是否在运行。",
};

const CALLED_BACK: Text = { en: "the rollout called it back.", zh: "发布已将其撤回。" };

/** Words of a result that the console wrote: the dispatcher's refusal, or why it never was sent. */
function consoleWord({ result }: CommandRow): Text | null {
  const parsed = CommandResult.safeParse(result);
  if (!parsed.success) return null;
  if (parsed.data.code === "frozen") return FROZEN;
  if (parsed.data.code === "not-signed") return NOT_SIGNED;
  if (parsed.data.code === WITHDRAWN) return CALLED_BACK;
  const code = parsed.data.code?.replace(/^dispatcher:/, "");
  const said = [code, parsed.data.message].filter(Boolean).join(": ");
  return { en: `the dispatcher refused to sign it (${said}).`, zh: `调度器拒绝签发（${said}）。` };
}

const isCalledBack = ({ result }: CommandRow): boolean => CommandResult.safeParse(result).data?.code === WITHDRAWN;
/** No agent takes it any more, and an acceptance would have come. */
const isTimeOver = ({ expiresAt }: CommandRow, now: Date): boolean =>
  now.getTime() >= (ms(expiresAt) ?? 0) + ACCEPTANCE_GRACE_MS;

/** Ends a command that waits for the dispatcher; false when that has just come to it. */
async function giveUp(tx: Tx, command: CommandRow, code: "frozen" | "not-signed", now: Date): Promise<boolean> {
  const at = now.getTime();
  const result: CommandResult = {
    commandId: command.id,
    status: "refused",
    code,
    message: "",
    changed: false,
    output: {},
    startedAt: at,
    endedAt: at,
  };
  const { count } = await tx.command.updateMany({
    where: { id: command.id, state: "queued" },
    data: { state: "expired", endedAt: now, result: toJson(result) },
  });
  return count === 1;
}

/** The command in flight, when it has ended, expired or fallen silent. */
export async function endedCommand(tx: Tx, row: Row, run: Run, now: Date): Promise<Ended | null> {
  const role = run.state === "capturing" ? "evidence" : run.state === "running" ? "step" : null;
  const stepIndex = role === "step" ? run.step : 0;
  const command = row.commands.find((c) => c.role === role && c.stepIndex === stepIndex);
  if (!command) return null;
  const isUnsigned = command.keyId === null;
  switch (command.state) {
    case "done":
    case "failed":
    case "unknown":
      return { command, end: command.state, why: null };
    case "refused":
    case "expired": {
      const end = isUnsigned ? "unsigned" : command.state;
      if (end === "expired" && isCalledBack(command) && !isTimeOver(command, now)) return null; // it may be on its way still
      return { command, end, why: isUnsigned || end === "expired" ? consoleWord(command) : null };
    }
    case "accepted":
      return now.getTime() - (ms(command.acceptedAt) ?? 0) > RESULT_WITHIN_MS
        ? { command, end: "unknown", why: null }
        : null;
    case "queued": {
      const code = (await isFrozen(tx)) ? "frozen" : "not-signed";
      if (code === "not-signed" && now.getTime() - (ms(command.queuedAt) ?? 0) <= UNSIGNED_MAX_MS) return null;
      if (!(await giveUp(tx, command, code, now))) return null;
      return { command, end: "unsigned", why: code === "frozen" ? FROZEN : NOT_SIGNED };
    }
    case "signed": {
      if (!isTimeOver(command, now)) return null;
      // Node before command, as ingest takes them: an acceptance that arrives right now must not wait for us while we wait for it.
      await tx.$queryRaw(sql`SELECT id FROM node WHERE id = ${row.nodeId}::uuid FOR NO KEY UPDATE`);
      const { count } = await tx.command.updateMany({
        where: { id: command.id, state: "signed" },
        data: { state: "expired", endedAt: now },
      });
      return count === 1 ? { command, end: "expired", why: null } : null; // accepted at the last moment
    }
    default:
      return null;
  }
}

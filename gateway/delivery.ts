// Commands and collect requests on their way down: woken by NOTIFY, and by a slow poll in case a notification was lost.
import { z } from "zod";
import { FactKind } from "../protocol/facts.ts";
import { type Delivery, findSigned, loadSigned, loadUnsettled } from "../server/agents/deliver.ts";
import { findEndedSince } from "../server/agents/ended.ts";
import { findEnded } from "../server/agents/sessions.ts";
import { COLLECT_CHANNEL, COMMANDS_CHANNEL } from "../server/core/changes.ts";
import type { Database } from "../server/core/db.ts";
import { listen } from "../server/core/listen.ts";
import type { Logger } from "../server/core/log.ts";
import type { Trust } from "../server/trust/document.ts";
import * as metrics from "./metrics.ts";
import { createRounds } from "./rounds.ts";
import { QUARANTINE_RETRY_MS, type Session } from "./session.ts";
import type { SessionTable } from "./session-table.ts";

/** Safety net behind the notifications, ms. */
const POLL_MS = 2_000;
/** Removals and quarantines are looked for so far back, ms: whoever wrote them may have committed late, or have another clock. */
const ENDED_WITHIN_MS = 60_000;

const CollectRequest = z.object({ nodeId: z.uuid(), kinds: z.array(FactKind) });

export type Delivering = { hand: (session: Session) => Promise<void>; stop: () => Promise<void> };

/** Starts listening and polling. */
export function startDelivery(input: {
  db: Database;
  table: SessionTable;
  trust: () => Trust;
  isFrozen: () => boolean;
  log: Logger;
}): Delivering {
  const { db, table, trust, isFrozen, log } = input;
  const warn = (what: string) => (err: unknown) =>
    log.warn({ err: err instanceof Error ? err.message : String(err) }, what);

  function send(deliveries: Delivery[]): void {
    const { commandKeys } = trust().content;
    for (const { commandId, nodeId, command } of deliveries) {
      const session = table.get(nodeId);
      if (!session || session.sent?.has(commandId) || isFrozen()) continue;
      // Signed with a key whose document this gateway has not handed on yet: the next poll, after it has.
      if (!Object.hasOwn(commandKeys, command.keyId)) continue;
      session.sent ??= new Set();
      session.sent.add(commandId);
      session.send({ type: "command", command });
      metrics.commandsSent.inc();
      log.info({ nodeId, commandId }, "command handed to agent");
    }
  }

  const connectedOf = (nodeIds: string[]): Session[] => [...new Set(nodeIds)].flatMap((id) => table.get(id) ?? []);

  /** Ends those of these sessions whose nodes were removed, quarantined or replaced. */
  async function endOver(connected: Session[]): Promise<void> {
    for (const { nodeId, code } of await findEnded(db.pool, connected)) {
      const session = table.get(nodeId);
      if (session && !connected.includes(session)) continue; // another one has taken its place meanwhile
      if (code === "revoked") session?.refuse(code, "this identity is not valid any more", null);
      else session?.refuse(code, "this identity is quarantined", QUARANTINE_RETRY_MS);
    }
  }

  /** These nodes were named: ended ones first, then signed commands for the others. */
  async function look(nodeIds: string[]): Promise<void> {
    const connected = connectedOf(nodeIds);
    if (connected.length === 0) return;
    await endOver(connected);
    const left = connected.map(({ nodeId }) => nodeId);
    send(await loadSigned(db.pool, left, new Date()));
  }

  const rounds = createRounds();
  /**
   * What a notification may have missed, without naming every session each time: recent ends and waiting commands of the fleet, and for
   * whatever else ends a session (another certificate took over) a share of the sessions in turn.
   */
  async function lookAround(): Promise<void> {
    if (table.size() === 0) return;
    const ended = await findEndedSince(db.pool, new Date(Date.now() - ENDED_WITHIN_MS));
    await endOver(connectedOf([...ended, ...rounds.next(table.ids)]));
    const waiting = (await findSigned(db.pool, new Date())).filter(({ commandId, nodeId }) => {
      const session = table.get(nodeId);
      return session !== undefined && !session.sent?.has(commandId);
    });
    await look(waiting.map(({ nodeId }) => nodeId));
  }

  function onMessage(channel: string, payload: string): void {
    if (channel === COMMANDS_CHANNEL) {
      look(payload.split(",")).catch(warn("commands not loaded"));
      return;
    }
    const request = CollectRequest.safeParse(JSON.parse(payload));
    if (request.success) table.get(request.data.nodeId)?.send({ type: "collect", kinds: request.data.kinds });
  }

  let isLooking = false;
  const poll = async () => {
    if (isLooking) return;
    isLooking = true;
    await lookAround().catch(warn("commands not loaded"));
    isLooking = false;
  };
  const timer = setInterval(poll, POLL_MS);
  const listener = listen({
    url: db.url,
    channels: [COMMANDS_CHANNEL, COLLECT_CHANNEL],
    onMessage: (channel, payload) => {
      try {
        onMessage(channel, payload);
      } catch (err) {
        warn("notification not understood")(err);
      }
    },
    onReconnect: () => void poll(),
  });

  return {
    hand: async (session) => send(await loadUnsettled(db.pool, session.nodeId, new Date())),
    stop: async () => {
      clearInterval(timer);
      await listener.close();
    },
  };
}

// Commands and collect requests on their way down: woken by NOTIFY, and by a slow poll in case a notification was lost.
import { z } from "zod";
import { FactKind } from "../protocol/facts.ts";
import { type Delivery, loadSigned, loadUnsettled } from "../server/agents/deliver.ts";
import { findRevoked } from "../server/agents/sessions.ts";
import { COLLECT_CHANNEL, COMMANDS_CHANNEL } from "../server/core/changes.ts";
import type { Database } from "../server/core/db.ts";
import { listen } from "../server/core/listen.ts";
import type { Logger } from "../server/core/log.ts";
import * as metrics from "./metrics.ts";
import type { Session } from "./session.ts";
import type { SessionTable } from "./session-table.ts";

/** Safety net behind the notifications, ms. */
const POLL_MS = 2_000;
/** After the dispatch key appears, agents that were welcomed without it come back spread over this, ms. */
const KEY_RECONNECT_MS = 2_000;

const CollectRequest = z.object({ nodeId: z.uuid(), kinds: z.array(FactKind) });

export type Delivering = { hand: (session: Session) => Promise<void>; stop: () => Promise<void> };

/** Starts listening and polling. */
export function startDelivery(input: {
  db: Database;
  table: SessionTable;
  commandKeys: () => Record<string, string>;
  log: Logger;
}): Delivering {
  const { db, table, commandKeys, log } = input;
  const warn = (what: string) => (err: unknown) =>
    log.warn({ err: err instanceof Error ? err.message : String(err) }, what);

  function send(deliveries: Delivery[]): void {
    for (const { commandId, nodeId, command } of deliveries) {
      const session = table.get(nodeId);
      if (!session || session.sent.has(commandId)) continue;
      session.sent.add(commandId);
      session.send({ type: "command", command });
      metrics.commandsSent.inc();
      log.info({ nodeId, commandId }, "command handed to agent");
    }
  }

  /** Signed commands for these nodes, and the end of the sessions of those that were removed. */
  async function look(nodeIds: string[]): Promise<void> {
    const connected = nodeIds.filter((nodeId) => table.get(nodeId));
    if (connected.length === 0) return;
    for (const nodeId of await findRevoked(db.pool, connected))
      table.get(nodeId)?.refuse("revoked", "this node was removed", null);
    send(await loadSigned(db.pool, connected, new Date()));
  }

  function renewKeyless(): void {
    const keyless = table.all().filter((session) => !session.hasCommandKeys);
    if (keyless.length === 0 || Object.keys(commandKeys()).length === 0) return;
    for (const session of keyless) session.drain(Math.round(Math.random() * KEY_RECONNECT_MS));
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
    renewKeyless();
    await look(table.ids()).catch(warn("commands not loaded"));
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

// What the console says of nodes, read from its database while `bench detect` runs: an instant counts when it could be read, not when it was meant.
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { epochNow } from "../fleet/world.ts";

const LOOK_MS = 25;

export type Said = { nodeId: string; name: string; at: number };

export class Truth {
  readonly pool: pg.Pool;
  constructor(databaseUrl: string) {
    this.pool = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  }

  /** Nodes that were said not to report after `since` (epoch ms). */
  async marks(since: number): Promise<Said[]> {
    const { rows } = await this.pool.query<{ node_id: string; name: string; at: Date }>(
      `SELECT c.node_id, n.name, c.at FROM node_state_change c JOIN node n ON n.id = c.node_id
       WHERE c."to" = 'not_reporting' AND c.at > $1 ORDER BY c.at`,
      [new Date(since)],
    );
    return rows.map(({ node_id, name, at }) => ({ nodeId: node_id, name, at: at.getTime() }));
  }

  /** Repairs that began after `since`. */
  async repairs(since: number): Promise<number> {
    const { rows } = await this.pool.query<{ count: string }>("SELECT count(*) FROM repair WHERE created_at > $1", [
      new Date(since),
    ]);
    return Number(rows[0]?.count ?? 0);
  }

  /** Milliseconds from `since` until it could be read that this node does not report; null when that takes longer than `maxMs`. */
  async untilMarked(nodeId: string, since: number, maxMs: number, signal: AbortSignal): Promise<number | null> {
    while (epochNow() - since < maxMs) {
      const { rowCount } = await this.pool.query("SELECT 1 FROM node WHERE id = $1 AND state = 'not_reporting'", [
        nodeId,
      ]);
      if (rowCount) return epochNow() - since;
      await sleep(LOOK_MS, undefined, { signal });
    }
    return null;
  }

  /** Waits until all of these have a session again. @throws Error when that takes longer than `maxMs` */
  async untilBack(nodeIds: readonly string[], maxMs: number, signal: AbortSignal): Promise<void> {
    const begin = epochNow();
    for (;;) {
      const { rows } = await this.pool.query<{ count: string }>(
        "SELECT count(*) FROM node WHERE id = ANY($1::uuid[]) AND is_connected AND state <> 'not_reporting'",
        [nodeIds],
      );
      if (Number(rows[0]?.count) === nodeIds.length) return;
      if (epochNow() - begin > maxMs)
        throw new Error(`${nodeIds.length - Number(rows[0]?.count)} probes did not come back`);
      await sleep(250, undefined, { signal });
    }
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}

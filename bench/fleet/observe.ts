// What the control plane costs and what it said of the fleet: CPU seconds and memory by process, marks and findings by the database.
import pg from "pg";
import { cpuMs, family, memory } from "../processes.ts";
import type { Mark } from "./messages.ts";
import type { FleetStack } from "./stack.ts";

export const parts = ["gateway", "workers", "dispatcher", "postgres"] as const;
export type Part = (typeof parts)[number];
export type Cost = Record<Part, number>;

const pidsOf = (stack: FleetStack): Record<Part, number[]> => ({
  gateway: stack.gateways.map(({ pid }) => pid),
  workers: [stack.workers.pid],
  dispatcher: [stack.dispatcher.pid],
  postgres: family(stack.postgresPid),
});

const perPart = (count: (pids: number[]) => number, pids: Record<Part, number[]>): Cost => ({
  gateway: count(pids.gateway),
  workers: count(pids.workers),
  dispatcher: count(pids.dispatcher),
  postgres: count(pids.postgres),
});

/** CPU time so far, ms. @throws Error when one of them is gone */
export const cpuSoFar = (stack: FleetStack): Cost => perPart(cpuMs, pidsOf(stack));

/** Memory, bytes: shares of what processes have in common (PSS), so that PostgreSQL's buffers count once. */
export const memoryNow = (stack: FleetStack): Cost => perPart((pids) => memory(pids).pssBytes, pidsOf(stack));

/** CPU time of some processes, ms. */
export const cpuOf = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + cpuMs([pid]), 0);

export type Said = {
  /** Nodes of the fleet that were said not to report. */
  marks: Mark[];
  states: Record<string, number>;
  findings: Record<string, number>;
  repairs: number;
};

/** Reads the truth of the run; a connection of its own, so that it waits for nobody. */
export class Observer {
  readonly #pool: pg.Pool;
  constructor(databaseUrl: string) {
    this.#pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  }

  async #count(text: string): Promise<Record<string, number>> {
    const { rows } = await this.#pool.query<{ name: string; count: string }>(text);
    return Object.fromEntries(rows.map(({ name, count }) => [name, Number(count)]));
  }

  async said(): Promise<Said> {
    const marks = await this.#pool.query<{ name: string; at: Date }>(
      `SELECT n.name, c.at FROM node_state_change c JOIN node n ON n.id = c.node_id WHERE c."to" = 'not_reporting'`,
    );
    const repairs = await this.#count("SELECT 'all' AS name, count(*) FROM repair");
    return {
      marks: marks.rows.map(({ name, at }) => ({ node: Number(name.slice("sim-".length)), at: at.getTime() })),
      states: await this.#count("SELECT state AS name, count(*) FROM node GROUP BY 1"),
      findings: await this.#count("SELECT check_id AS name, count(*) FROM finding WHERE state <> 'closed' GROUP BY 1"),
      repairs: repairs.all ?? 0,
    };
  }

  /** Nodes that no worker has looked at yet. */
  async uninspected(): Promise<number> {
    const looked = "SELECT FROM node_inspection i WHERE i.node_id = n.id";
    return (await this.#count(`SELECT 'all' AS name, count(*) FROM node n WHERE NOT EXISTS (${looked})`)).all ?? 0;
  }

  /** Written to the log of changes since the cluster was made, bytes. */
  async walBytes(): Promise<number> {
    return (await this.#count("SELECT 'all' AS name, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS count")).all ?? 0;
  }

  async databaseBytes(): Promise<number> {
    return (await this.#count("SELECT 'all' AS name, pg_database_size(current_database()) AS count")).all ?? 0;
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

// One check over the stored facts of many nodes: reads only the kinds that it looks at, in large slices, the next one while this one is evaluated.
// Nothing is written. It gives way to others every few milliseconds, so that a process can do it beside its work.
import { setImmediate as giveWay } from "node:timers/promises";
import type { Check, Outcome } from "../../checks/define.ts";
import { type FactKind, factKinds } from "../../protocol/facts.ts";
import { type Sql, sql } from "../core/sql.ts";
import { cutText } from "../custom-checks/cut-text.ts";
import type { BackTest } from "../custom-checks/schema.ts";
import { type StoredFact, toView } from "../inspections/facts.ts";
import { askCheck } from "../inspections/look.ts";

/** Runs a statement and gives its rows; times come as epoch ms. */
export type Source = (query: Sql) => Promise<ScanRow[]>;
export type ScanRow = {
  id: string;
  name: string;
  isConnected: boolean;
  contactAt: number | null;
  /** Null: this node has none of the kinds. */
  kind: string | null;
  data: unknown;
  error: string | null;
  receivedAt: number;
};

/** Nodes of one slice: a few MB of facts at most for the largest kinds. */
const SLICE = 1_000;
/** Slices that are read while one is evaluated: as many as a source has connections. */
export const AHEAD = 2;
/** Evaluation gives way after so long, ms. */
const TURN_MS = 8;
const SAMPLE_MAX = 50;
const REASONS_MAX = 10;

type ScanOptions = {
  check: Check;
  nodeIds: readonly string[];
  /** Of each live finding of the check: "<node id>/<subject>". */
  open: ReadonlySet<string>;
  isGatewayAlive: boolean;
  now: Date;
  /** Ends with `cutShort: "time"` after so long, ms. */
  timeoutMs: number;
  /** Told after each slice; false stops. */
  onProgress?: (done: number) => Promise<boolean> | boolean;
};

type Node = { id: string; name: string; contact: Parameters<typeof toView>[1]; facts: StoredFact[] };

const sliceQuery = (ids: readonly string[], kinds: ReadonlySet<FactKind>): Sql => sql`
  SELECT n.id::text AS id, n.name, n.is_connected AS "isConnected", date_part('epoch', greatest(n.last_seen_at, n.disconnected_at)) * 1000 AS "contactAt",
    f.kind, f.data, f.error, date_part('epoch', f.received_at) * 1000 AS "receivedAt"
  FROM node n LEFT JOIN node_fact f ON f.node_id = n.id AND f.kind = ANY(${[...kinds]}::text[])
  WHERE n.id = ANY(${[...ids]}::uuid[]) AND n.revoked_at IS NULL
  ORDER BY n.id`;

const dateOf = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));

/** Rows of one node stand together. */
function* nodesOf(rows: readonly ScanRow[]): Generator<Node> {
  let node = null as Node | null; // or the compiler takes it for null for ever
  for (const row of rows) {
    if (node?.id !== row.id) {
      if (node) yield node;
      // Which of the two it was makes no difference to the age of facts.
      const contact = { isConnected: row.isConnected, lastSeenAt: dateOf(row.contactAt), disconnectedAt: null };
      node = { id: row.id, name: row.name, contact, facts: [] };
    }
    if (row.kind === null) continue;
    const receivedAt = new Date(row.receivedAt);
    node.facts.push({ kind: row.kind, data: row.data, error: row.error, at: receivedAt, receivedAt });
  }
  if (node) yield node;
}

/** Facts that were not read yet tell when a check asks for them. */
function watcher(loaded: ReadonlySet<FactKind>, touched: Set<FactKind>): object {
  const watch = {};
  for (const kind of factKinds)
    if (!loaded.has(kind)) Object.defineProperty(watch, kind, { get: () => void touched.add(kind), enumerable: false });
  return watch;
}

const emptyResult = (selected: number, now: Date): BackTest => ({
  selected,
  nodes: 0,
  ok: 0,
  unknown: 0,
  problemNodes: 0,
  problems: 0,
  alreadyOpen: 0,
  wouldOpen: 0,
  unknownReasons: [],
  sample: [],
  wallMs: 0,
  evaluateMs: 0,
  cpuMs: 0,
  cutShort: null,
  at: now.toISOString(),
});

/** Evaluates one check on each of the nodes. */
export async function scan(source: Source, options: ScanOptions): Promise<BackTest> {
  const { check, nodeIds, now, timeoutMs, onProgress } = options;
  const result = emptyResult(nodeIds.length, now);
  const reasons = new Map<string, number>();
  // A node's own clock is needed to age its facts.
  const kinds = new Set<FactKind>([...check.needs, "timeSync"]);
  const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
  const slices: string[][] = [];
  for (let at = 0; at < nodeIds.length; at += SLICE) slices.push(nodeIds.slice(at, at + SLICE));
  const fetch = (slice: readonly string[] | undefined) => {
    const rows = slice ? source(sliceQuery(slice, kinds)) : Promise.resolve([]);
    rows.catch(() => undefined); // told when it is awaited; it may never be
    return { rows, size: kinds.size };
  };
  const coming = slices.slice(0, AHEAD).map(fetch);
  for (const [i, slice] of slices.entries()) {
    const next = coming.shift();
    const current = next?.size === kinds.size ? next : fetch(slice);
    let rows = await current.rows;
    if (i + AHEAD < slices.length) coming.push(fetch(slices[i + AHEAD]));
    for (;;) {
      const touched = new Set<FactKind>();
      const part = await evaluate(rows, { ...options, watch: watcher(kinds, touched) });
      result.evaluateMs += part.evaluateMs;
      if (touched.size === 0) {
        add(result, reasons, part);
        break;
      }
      // It looks at more than it needs: once it is known of, it is read from the beginning.
      for (const kind of touched) kinds.add(kind);
      rows = await fetch(slice).rows;
    }
    const mayGoOn = (await onProgress?.(Math.min((i + 1) * SLICE, nodeIds.length))) ?? true;
    if (!mayGoOn) result.cutShort = "cancelled";
    else if (performance.now() - startedAt > timeoutMs && i + 1 < slices.length) result.cutShort = "time";
    if (result.cutShort) break;
  }
  const { user, system } = process.cpuUsage(cpu);
  result.cpuMs = Math.round((user + system) / 1_000);
  result.evaluateMs = Math.round(result.evaluateMs);
  result.wallMs = Math.round(performance.now() - startedAt);
  result.unknownReasons = [...reasons]
    .map(([reason, nodes]) => ({ reason, nodes }))
    .sort((a, b) => b.nodes - a.nodes)
    .slice(0, REASONS_MAX);
  return result;
}

type Part = Pick<
  BackTest,
  "nodes" | "ok" | "unknown" | "problemNodes" | "problems" | "alreadyOpen" | "wouldOpen" | "sample" | "evaluateMs"
> & {
  reasons: Map<string, number>;
};

async function evaluate(rows: readonly ScanRow[], options: ScanOptions & { watch: object }): Promise<Part> {
  const { check, now, isGatewayAlive, watch } = options;
  const part: Part = {
    nodes: 0,
    ok: 0,
    unknown: 0,
    problemNodes: 0,
    problems: 0,
    alreadyOpen: 0,
    wouldOpen: 0,
    sample: [],
    evaluateMs: 0,
    reasons: new Map(),
  };
  const nothingOpen: ReadonlySet<string> = new Set();
  let turn = performance.now();
  for (const node of nodesOf(rows)) {
    const view = toView(node.facts, node.contact, isGatewayAlive, now);
    Object.setPrototypeOf(view.facts, watch);
    count(part, node, askCheck(check, view, nothingOpen), options);
    const spent = performance.now() - turn;
    if (spent < TURN_MS) continue;
    part.evaluateMs += spent;
    await giveWay();
    turn = performance.now();
  }
  part.evaluateMs += performance.now() - turn;
  return part;
}

function count(part: Part, node: Node, outcome: Outcome, { open, check }: ScanOptions): void {
  part.nodes += 1;
  if (outcome.status === "ok") {
    part.ok += 1;
    return;
  }
  if (outcome.status === "unknown") {
    part.unknown += 1;
    // Ages and pids make every reason its own; what kind of reason it is counts.
    const reason = cutText(outcome.reason.replace(/\d+/g, "…"), 160);
    if (part.reasons.size < 1_000 || part.reasons.has(reason))
      part.reasons.set(reason, (part.reasons.get(reason) ?? 0) + 1);
    return;
  }
  part.problemNodes += 1;
  for (const { subject, severity, message, evidence } of outcome.problems) {
    const isOpen = open.has(`${node.id}/${subject}`);
    part.problems += 1;
    if (isOpen) part.alreadyOpen += 1;
    else part.wouldOpen += 1;
    if (part.sample.length < SAMPLE_MAX)
      part.sample.push({
        nodeId: node.id,
        nodeName: node.name,
        subject,
        severity: severity ?? check.severity,
        message,
        evidence,
        isOpen,
      });
  }
}

function add(result: BackTest, reasons: Map<string, number>, part: Part): void {
  for (const key of ["nodes", "ok", "unknown", "problemNodes", "problems", "alreadyOpen", "wouldOpen"] as const)
    result[key] += part[key];
  result.sample = [...result.sample, ...part.sample].slice(0, SAMPLE_MAX);
  for (const [reason, nodes] of part.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + nodes);
}

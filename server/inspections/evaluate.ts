// Inspects a batch of nodes: facts in, findings and outcomes out. Nodes on which nothing can have changed are only noted as visited. The others are
// read and written in one transaction per chunk, so doing it twice at once or again does no harm.
import type { Check } from "../../checks/define.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Tx } from "../core/context.ts";
import { isVisible } from "../findings/schema.ts";
import { type ActiveMute, activeMutes, muteFor, mutesOn } from "../mutes/active.ts";
import { refreshNodeStates } from "../nodes/set-state.ts";
import { activeChecks, catalogueOf } from "./catalogue.ts";
import { aheadOf } from "./clock.ts";
import { isGatewayAlive, toView } from "./facts.ts";
import { type LoadedNode, loadNodes } from "./load.ts";
import { lockFindings } from "./lock.ts";
import { lookAtNode } from "./look.ts";
import { type CatalogueFor, cataloguesFor } from "./node-checks.ts";
import { mergeOutcomes, NOTHING_KNOWN, toOutcomes } from "./outcomes.ts";
import { type StepInput, storeFindings } from "./store.ts";
import { type InspectionRow, noteFailedLook, storeInspections } from "./store-outcomes.ts";
import {
  contactOf,
  digestText,
  dueAt,
  factsHash,
  noteVisited,
  PATROL_MS,
  partialDigest,
  stillHolds,
  survey,
} from "./survey.ts";

/** `opened` and `cleared` are findings (cleared: closed because the problem is gone), `problems` and `unknown` nodes. */
export type CheckCount = { opened: number; cleared: number; problems: number; unknown: number };

export type Inspected = {
  /** Nodes that exist. */
  nodes: number;
  /** Of them, those whose checks were evaluated; on the others nothing can have changed. */
  looked: number;
  /** Findings that came to light, and that closed for whatever reason. */
  opened: number;
  closed: number;
  /** By check id; checks of which there is nothing to say are left out. */
  byCheck: Map<string, CheckCount>;
  errors: { nodeId: string; checkId: string; message: string }[];
};

export type InspectOptions = {
  /** Another catalogue than the real one, for tests. */
  checks?: readonly Check[];
  /** Only these checks; the others' findings and outcomes stay as they are. */
  only?: ReadonlySet<string>;
  /** Evaluate also where nothing can have changed. */
  isForced?: boolean;
};

/** Nodes that are surveyed at once. */
const SURVEY = 500;
/** Nodes of one transaction: keeps it to some tens of milliseconds. */
const CHUNK = 50;
/** A node with a finding that people watch is looked at this often, ms, so that what people read of it is of now. */
const SICK_AGAIN_MS = 60_000;

type Run = {
  catalogueFor: CatalogueFor;
  mutes: readonly ActiveMute[];
  isAlive: boolean;
  only: ReadonlySet<string> | undefined;
  now: Date;
};

/** Evaluates the checks on these nodes; removed nodes are left out. */
export async function inspect(
  db: PrismaClient,
  nodeIds: readonly string[],
  now: Date,
  options: InspectOptions = {},
): Promise<Inspected> {
  const ids = [...new Set(nodeIds)].sort();
  const run: Run = {
    catalogueFor: await cataloguesOf(db, ids, options.checks),
    mutes: await activeMutes(db, now),
    isAlive: await isGatewayAlive(db, now),
    only: options.only,
    now,
  };
  const total: Inspected = { nodes: 0, looked: 0, opened: 0, closed: 0, byCheck: new Map(), errors: [] };
  for (let at = 0; at < ids.length; at += SURVEY) {
    const due = await visit(db, ids.slice(at, at + SURVEY), run, options.isForced === true, total);
    for (let from = 0; from < due.length; from += CHUNK) {
      const chunk = due.slice(from, from + CHUNK);
      await inspectApart(db, chunk, run, total);
    }
  }
  return total;
}

async function cataloguesOf(db: PrismaClient, ids: readonly string[], given?: readonly Check[]): Promise<CatalogueFor> {
  if (!given) return cataloguesFor(db, await activeChecks(db), ids);
  const catalogue = catalogueOf(given);
  return () => catalogue;
}

/** One node that cannot be looked at costs the others of its chunk nothing but a second try. */
async function inspectApart(db: PrismaClient, nodeIds: string[], run: Run, total: Inspected): Promise<void> {
  try {
    await db.$transaction((tx) => inspectChunk(tx, nodeIds, run, total), { timeout: 20_000, maxWait: 10_000 });
  } catch (err) {
    if (nodeIds.length > 1) {
      for (const nodeId of nodeIds) await inspectApart(db, [nodeId], run, total);
      return;
    }
    const [nodeId = ""] = nodeIds;
    const message = `the look failed: ${err instanceof Error ? err.message : String(err)}`;
    // Fails as well when it was the database: then the whole job is tried again.
    await noteFailedLook(db, nodeId, run.now.getTime() + PATROL_MS, run.now);
    total.errors.push({ nodeId, checkId: NOTHING_KNOWN, message });
  }
}

/** Notes the visit of nodes on which nothing changed; returns the others. */
async function visit(
  db: PrismaClient,
  ids: string[],
  run: Run,
  isForced: boolean,
  total: Inspected,
): Promise<string[]> {
  const due: string[] = [];
  const visited: { nodeId: string; digest: string }[] = [];
  for (const { nodeId, isConnected, digest, facts, problems, unknowns, ...heard } of await survey(db, ids)) {
    const contact = contactOf(isConnected && run.isAlive, [heard.lastSeenAt, heard.disconnectedAt, heard.receivedAt]);
    const basis = { facts, catalogue: run.catalogueFor(nodeId).hash, contact };
    if (isForced || digest === null || !stillHolds(digest, basis, run.now.getTime())) {
      due.push(nodeId);
      continue;
    }
    visited.push({ nodeId, digest });
    total.nodes += 1;
    countOutcomes(total, run, toOutcomes({ problems, unknowns }));
  }
  await noteVisited(db, visited, run.now);
  return due;
}

async function inspectChunk(tx: Tx, nodeIds: string[], run: Run, total: Inspected): Promise<void> {
  await lockFindings(tx, nodeIds);
  const nodes = await loadNodes(tx, nodeIds, run.now);
  const looks = nodes.map((node) => lookAt(node, run));
  const steps = looks.flatMap((look) => look.steps);
  const count = await storeFindings(tx, steps);
  await storeInspections(
    tx,
    looks.map(({ row }) => row),
    run.now,
  );
  await refreshNodeStates(
    tx,
    nodes.map(({ id }) => id),
    run.now,
  );
  // Counted last: what failed before is tried again and must not count twice.
  total.nodes += nodes.length;
  total.looked += nodes.length;
  total.opened += count.opened;
  total.closed += count.closed;
  for (const { row, errors } of looks) {
    countOutcomes(total, run, row);
    total.errors.push(...errors);
  }
  for (const { checkId, before, after } of steps) {
    if (after && after.openedAt !== null && (before?.life.openedAt ?? null) === null)
      countOf(total, checkId).opened += 1;
    if (after?.closeReason === "cleared" || after?.closeReason === "repaired") countOf(total, checkId).cleared += 1;
  }
}

function countOf(total: Inspected, checkId: string): CheckCount {
  const known = total.byCheck.get(checkId) ?? { opened: 0, cleared: 0, problems: 0, unknown: 0 };
  total.byCheck.set(checkId, known);
  return known;
}

function countOutcomes(total: Inspected, { only }: Run, outcomes: { problems: object; unknowns: object }): void {
  const isAsked = (id: string) => id !== NOTHING_KNOWN && (!only || only.has(id));
  for (const id of Object.keys(outcomes.problems)) if (isAsked(id)) countOf(total, id).problems += 1;
  for (const id of Object.keys(outcomes.unknowns)) if (isAsked(id)) countOf(total, id).unknown += 1;
}

/** Advice, what is muted, and what nobody sees: it changes with the facts alone. */
const isWatched = ({ after, problem, content, check, isShadow, muteId }: StepInput): boolean =>
  after !== null &&
  isVisible(after.state) &&
  !isShadow &&
  muteId === null &&
  (problem?.severity ?? content?.severity ?? check?.severity) !== "info";

type Looked = { row: InspectionRow; steps: StepInput[]; errors: Inspected["errors"] };

function lookAt(node: LoadedNode, { catalogueFor, mutes, isAlive, only, now }: Run): Looked {
  const at = now.getTime();
  const catalogue = catalogueFor(node.id);
  const before = toOutcomes(node.inspection);
  const view = toView(node.facts, node, isAlive, now);
  const quietMs = at - Math.max(0, ...node.facts.map(({ receivedAt }) => receivedAt.getTime()));
  const look = lookAtNode({
    checks: catalogue.checks,
    shadow: catalogue.shadow,
    only,
    view,
    live: node.live,
    predecessor: node.predecessor,
    unknownSince: (checkId) => before.unknowns[checkId]?.since ?? null,
    now: at,
    aheadMs: aheadOf(quietMs),
  });
  const { outcomes, isChanged } = mergeOutcomes(before, look.results, at, only !== undefined);
  const own = mutesOn(mutes, selectorNode(node));
  const byId = new Map(catalogue.checks.map((check) => [check.id, check]));
  const steps = look.steps.map((step): StepInput => {
    const content = step.before ? (node.contents.get(step.before.id) ?? null) : null;
    return {
      ...step,
      nodeId: node.id,
      kernel: node.kernel,
      runtimes: node.runtimes,
      check: byId.get(step.checkId),
      content,
      isShadow: catalogue.shadow.has(step.checkId),
      muteId: muteFor(own, step, content?.muteId ?? null),
    };
  });
  const isSick = steps.some(isWatched);
  const ahead = at + (isSick ? Math.min(SICK_AGAIN_MS, aheadOf(quietMs)) : aheadOf(quietMs));
  const holdsUntil = Math.min(look.changesAt ?? Number.POSITIVE_INFINITY, ahead);
  const received = node.facts.map(({ receivedAt }) => receivedAt);
  const contact = contactOf(view.isLive, [node.lastSeenAt, node.disconnectedAt, ...received]);
  const basis = { facts: factsHash(node.facts), catalogue: catalogue.hash, contact, holdsUntil };
  // Who asked only some checks does not know of the others; the whole look comes when it is due anyway, or when this asks for it.
  const digest = only ? partialDigest(node.inspection?.digest ?? "") : digestText(basis);
  return {
    row: {
      nodeId: node.id,
      ...outcomes,
      digest,
      dueAt: only ? Math.min(holdsUntil, node.inspection?.dueAt.getTime() ?? at) : dueAt(node.id, holdsUntil, at),
      isChanged,
    },
    errors: look.errors.map((error) => ({ nodeId: node.id, ...error })),
    steps,
  };
}

/** Labels are written by us as string → string. */
const selectorNode = ({ name, pool, zone, rack, labels }: LoadedNode) => ({
  name,
  pool,
  zone,
  rack,
  labels: labels as Record<string, string>,
});

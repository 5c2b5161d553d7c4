// The whole surface against the table of permissions: every procedure × who calls × whose things, over real HTTP and a real database.
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectedOutcome, type Outcome } from "../../testing/access-model.ts";
import { type Answer, startApi, type TestApi } from "../../testing/api.ts";
import { type Caller, makeCallers, mayKnow, type Signed } from "../../testing/callers.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { type Entry, surface } from "../../testing/surface.ts";
import type { Things } from "../../testing/world.ts";
import { appRouter } from "./root.ts";
import type { Declared } from "./trpc.ts";

type Procedure = { _def: { type: "query" | "mutation"; meta: Declared } };
const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, Procedure>);

let db: TestDatabase;
let api: TestApi;
let callers: { caller: Caller; signed: Signed }[];
let own: Things;
let foreign: Things;
let cells = 0;
let startedAt = 0;

beforeAll(async () => {
  db = await testDatabase();
  api = await startApi(db, new Date());
  own = await api.addThings("own");
  foreign = await api.addThings("other");
  callers = await Promise.all(makeCallers(api).map(async (caller) => ({ caller, signed: await caller.sign() })));
  startedAt = performance.now();
});
afterAll(async () => {
  const ms = Math.round(performance.now() - startedAt);
  console.log(`matrix: ${cells} cells (${procedures.length} procedures, ${callers.length} callers), ${ms} ms`);
  await api.close();
  await db.drop();
});

const byStatus: Record<number, Outcome> = { 401: "unauthenticated", 403: "forbidden", 404: "not_found" };

/** `allowed` is any other answer that is one: done, a conflict, something is not there yet. Trouble of our own is never right. */
function seenOf({ status }: Answer, entry: Entry, caller: Caller): string {
  // A token asks for what only people have: there is no such thing.
  if (status === 404 && entry.on === "self" && caller.model.kind === "token") return "allowed";
  const isAnswer = status === 200 || (status >= 400 && status < 500) || status === 503;
  return byStatus[status] ?? (isAnswer ? "allowed" : `HTTP ${status}`);
}

/** What permissions alone say. */
const byRights = (entry: Entry, { model }: Caller, pool: string): Outcome =>
  expectedOutcome(entry, model, entry.isAboutNode ? { pool, labels: {} } : null);

function expectedOf(entry: Entry, caller: Caller, pool: string): Outcome {
  const { model, isStale, grants } = caller;
  const outcome = byRights(entry, caller, pool);
  if (outcome === "unauthenticated" || outcome === "forbidden") return outcome;
  // Where people confirm that they are there, a token must have been made for it by name.
  const isUnnamed = model.kind === "token" && !model.scopes?.includes(entry.access);
  return (entry.stepUp && (isStale || isUnnamed)) || entry.forbids?.({ grants }, pool) ? "forbidden" : outcome;
}

/** What must never be in an answer to somebody who has no right in the other pool. */
const marks = () => ["other-", '"other"', foreign.node.id, foreign.finding, foreign.repair, foreign.container];

/** Outcomes of the audit rows that a mutation may have left. */
function auditOf(answer: Answer, expected: Outcome, entry: Entry, caller: Caller, pool: string): string[][] {
  if (expected === "unauthenticated") return [[]];
  if (answer.status === 200) return [["done"]];
  const isUnconfirmed = answer.body.includes('"stepUp":true') || answer.body.includes("was not made for this");
  // Without the right it is never tried: then no rule of the verb's own has spoken.
  const isRefusal =
    isUnconfirmed ||
    (byRights(entry, caller, pool) !== "forbidden" && entry.forbids?.({ grants: caller.grants }, pool));
  if (expected === "forbidden") return [[isRefusal ? "refused" : "denied"]];
  if (expected === "not_found") return [["denied"]];
  // Input that cannot be read is no attempt; trouble of our own is in the logs.
  return answer.status === 400 || answer.status === 503 ? [[], ["refused"]] : [["refused"]];
}

/** One call; returns what is wrong with its answer. */
async function cell(
  [path, { _def }]: (typeof procedures)[number],
  entry: Entry,
  { caller, signed }: (typeof callers)[number],
  things: Things,
  call: Entry["calls"][number],
): Promise<string[]> {
  cells += 1;
  const expected = expectedOf(entry, caller, things.pool);
  const isChange = _def.type === "mutation" && expected === "allowed";
  const who = isChange ? await caller.sign() : signed;
  const around = isChange ? await api.addThings(things.pool) : things;
  const input = call({ ...around, me: { ...who, grants: caller.grants } });
  const answer = await api.send(path, _def.type, who.headers, input);
  const wrong: string[] = [];
  const seen = seenOf(answer, entry, caller);
  if (seen !== expected) wrong.push(`expected ${expected}, got ${seen}`);
  if (answer.status === 200 && !mayKnow(caller, "other"))
    for (const mark of marks()) if (answer.body.includes(mark)) wrong.push(`leaks ${mark}`);
  if (_def.type === "mutation") {
    const { requestId } = answer;
    const rows = await db.prisma.auditEvent.findMany({ where: { requestId }, select: { action: true, outcome: true } });
    const found = JSON.stringify(rows.map(({ outcome }) => outcome));
    const wanted = auditOf(answer, expected, entry, caller, things.pool).map((outcomes) => JSON.stringify(outcomes));
    if (!wanted.includes(found)) wrong.push(`audit rows ${found} instead of ${wanted.join(" or ")}`);
    for (const { action } of rows) if (action !== path) wrong.push(`an audit row of ${action}`);
  }
  return wrong.map(
    (text) => `${caller.name} × ${things.pool}: ${text}; HTTP ${answer.status} ${answer.body.slice(0, 300)}`,
  );
}

test("every procedure is declared as the table of the surface says, and no other is there", () => {
  const declared = procedures.map(([path, { _def }]) => [path, _def.meta]);
  const wanted = Object.entries(surface).map(([path, { access, on, stepUp = false }]) => [
    path,
    { name: path, access, on, stepUp },
  ]);
  expect(Object.fromEntries(declared)).toEqual(Object.fromEntries(wanted));
});

test.each(procedures)("%s", { timeout: 120_000 }, async (path, procedure) => {
  const entry = surface[path];
  if (!entry) throw new Error(`testing/surface.ts has no line for ${path}`);
  const wrong: string[] = [];
  for (const one of callers) {
    const isNobody = one.caller.model.kind === "anonymous";
    // Further calls of lists look for leaks; there is none to whoever may know all.
    const isOnce = isNobody || (!entry.isAboutNode && mayKnow(one.caller, "other"));
    for (const things of entry.on === "node" && !isNobody ? [own, foreign] : [own])
      for (const call of isOnce ? entry.calls.slice(0, 1) : entry.calls)
        wrong.push(...(await cell([path, procedure], entry, one, things, call)));
  }
  expect(wrong).toEqual([]);
});

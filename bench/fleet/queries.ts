// People look at the console meanwhile: list, detail and overview are asked at a pace of their own, and timed from when each was meant to be asked.
import { setTimeout as sleep } from "node:timers/promises";
import { type Context, systemActor } from "../../server/core/context.ts";
import { openDatabase } from "../../server/core/db.ts";
import { getNode } from "../../server/nodes/get.ts";
import { listNodes } from "../../server/nodes/list.ts";
import { getOverview } from "../../server/overview/get.ts";
import { random } from "../judge-traces.ts";
import { add, emptySpread, type Spread } from "./spread.ts";
import { epochNow } from "./world.ts";

/** One question each so often, ms: some people who click, and pages that read again. */
const EVERY_MS = 500;
/** Questions on their way at most; beyond it they wait, and the wait counts. */
const OPEN_MAX = 8;

export const questions = ["list", "detail", "overview"] as const;
export type Question = (typeof questions)[number];
export type Answers = Record<Question, Spread> & { failures: string[] };

/** Asks until `until` (epoch ms), each kind in turn; verbs as the web process calls them, without HTTP and pages. */
export async function askMeanwhile(input: {
  databaseUrl: string;
  nodes: number;
  seed: number;
  from: number;
  until: number;
  signal: AbortSignal;
}): Promise<Answers> {
  const { nodes, from, until, signal } = input;
  const database = openDatabase(input.databaseUrl, { name: "bench", poolMax: OPEN_MAX });
  const choose = random(input.seed + 99);
  const ctx: Context = { db: database.prisma, actor: systemActor("bench"), now: () => new Date(), requestId: "bench" };
  const some = (below: number) => Math.floor(choose() * below);
  const ask: Record<Question, () => Promise<unknown>> = {
    list: () => listNodes.call(ctx, someList(some)),
    detail: () => getNode.call(ctx, { node: `sim-${some(nodes)}` }),
    overview: () => getOverview.call(ctx, undefined),
  };
  const answers: Answers = { list: emptySpread(), detail: emptySpread(), overview: emptySpread(), failures: [] };
  const open = new Set<Promise<void>>();
  try {
    for (let n = 0; from + n * EVERY_MS < until; n += 1) {
      const intended = from + n * EVERY_MS;
      const kind = questions[n % questions.length] ?? "list";
      await sleep(Math.max(0, intended - epochNow()), undefined, { signal });
      while (open.size >= OPEN_MAX) await Promise.race(open);
      const one = ask[kind]().then(
        () => add(answers[kind], epochNow() - intended),
        (err: unknown) => void answers.failures.push(`${kind}: ${err instanceof Error ? err.message : String(err)}`),
      );
      open.add(one);
      void one.finally(() => open.delete(one));
    }
    await Promise.all(open);
    return answers;
  } finally {
    await database.close();
  }
}

/** What people open: mostly the first page, now and then a pool, a word, a page further back. */
function someList(some: (below: number) => number): Parameters<typeof listNodes.call>[1] {
  switch (some(4)) {
    case 0:
      return { pool: [`pool-${some(20)}`], sort: "name" };
    case 1:
      return { search: `sim-${some(100)}` };
    case 2:
      return { page: 1 + some(20), sort: "lastSeen", descending: true };
    default:
      return {};
  }
}

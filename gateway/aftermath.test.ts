// What follows a commit is gathered, and tried again when the queue is away.
import { expect, test } from "vitest";
import type { IngestOutcome } from "../server/agents/ingest.ts";
import { createLogger } from "../server/core/log.ts";
import { createAftermath } from "./aftermath.ts";

const outcome = (part: Partial<IngestOutcome>): IngestOutcome => ({
  ackedSeq: new Map(),
  gone: new Set(),
  changedNodes: [],
  containerNodes: [],
  movedRepairs: [],
  invalidFacts: [],
  foreign: [],
  ...part,
});

function rig() {
  const calls: string[] = [];
  const broken = { isBroken: false };
  const enqueue = (what: string) => async (ids: string[]) => {
    if (broken.isBroken) throw new Error("queue away");
    calls.push(`${what} ${ids.join()}`);
  };
  const runner = {
    $executeRaw: async ({ values }: { values: unknown[] }) => {
      calls.push(String(values.at(-1)));
      return 1;
    },
  };
  const log = createLogger("test", "silent");
  return {
    calls,
    broken,
    aftermath: createAftermath({ wake: { inspect: enqueue("inspect"), advance: enqueue("advance") }, runner, log }),
  };
}

test("many flushes become one look at each node, and hints for what changed", async () => {
  const { calls, aftermath } = rig();
  aftermath.stored(outcome({ changedNodes: ["a", "b"], containerNodes: ["b"] }));
  aftermath.stored(outcome({ changedNodes: ["a"] }));
  await aftermath.drain();
  expect(calls).toEqual(["inspect a,b", '{"domain":"nodes","ids":["a","b"]}', '{"domain":"containers","ids":["b"]}']);
});

test("a repair whose command moved does not wait for the gathering of nodes", async () => {
  const { calls, aftermath } = rig();
  aftermath.stored(outcome({ changedNodes: ["a"], movedRepairs: ["r"] }));
  await expect.poll(() => calls[0]).toBe("advance r");
  await aftermath.drain();
});

test("what could not be enqueued is enqueued later", async () => {
  const { calls, broken, aftermath } = rig();
  broken.isBroken = true;
  aftermath.stored(outcome({ changedNodes: ["a"], containerNodes: ["a"], movedRepairs: ["r"] }));
  await aftermath.drain();
  expect(calls).toEqual([]);
  broken.isBroken = false;
  await aftermath.drain();
  expect(calls).toEqual([
    "advance r",
    "inspect a",
    '{"domain":"nodes","ids":["a"]}',
    '{"domain":"containers","ids":["a"]}',
  ]);
});

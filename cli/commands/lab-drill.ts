// `lab drill`: every fault on the lab's nodes, found, repaired and verified through the console, and what else changed. The work is done in lab/drill.ts.

import { setTimeout as sleep } from "node:timers/promises";
import { TRPCClientError } from "@trpc/client";
import { type DrillConsole, type DrillRound, drill, isPassed } from "../../lab/drill.ts";
import { faults as catalogue, labList } from "../../lab/lab.ts";
import { isOver, type ShownPreview } from "../../server/repairs/schema.ts";
import { answer, type Client, exact } from "../client.ts";
import type { CommonOptions, Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { printJson, printLine, printTable } from "../output.ts";
import { dataDir } from "../paths.ts";
import { shownPreview } from "../shown.ts";
import { plain, words } from "../words.ts";
import { approveStarted } from "./approvals.ts";
import { bringUp } from "./lab.ts";

type Options = { nodes?: number; faults?: string[]; times: number; seed?: number };

/** Until the facts are fresh enough for a plan, ms. */
const STARTABLE_MS = 150_000;

export const run: Run<Options> = async (_args, options) => {
  const known = catalogue.map(({ id }) => id);
  const faults = options.faults ?? known;
  const wrong = faults.find((id) => !known.includes(id));
  if (wrong) throw new UserError(`there is no fault ${wrong}`, "./nodeops lab faults lists them", EXIT.usage);
  const client = exact(options);
  const abort = new AbortController();
  process.once("SIGINT", () => abort.abort(new Error("interrupted")));
  process.once("SIGTERM", () => abort.abort(new Error("ended")));
  const say = (line: string): void => void (options.json ? process.stderr.write(`${line}\n`) : printLine(line));
  const alive = async () => (await labList({ dataDir: dataDir(options.data) })).filter((node) => node.alive);
  const wanted = options.nodes ?? ((await alive()).length || 6);
  if ((await alive()).length < wanted)
    await bringUp({ ...options, nodes: wanted, agents: true, signal: abort.signal, say });
  const nodes = (await alive()).slice(0, wanted).map(({ name }) => name);
  const seed = options.seed ?? Math.floor(Math.random() * 1_000_000);
  say(`${faults.length} faults × ${options.times} on ${nodes.length} nodes, order of seed ${seed}`);
  const begunMs = performance.now();
  const { rounds, machine } = await drill({
    ...{ dataDir: dataDir(options.data), console: consoleOf(client, options), nodes, faults, seed, onProgress: say },
    ...{ times: options.times, signal: abort.signal },
  });
  const summary = summarise(rounds, {
    seed,
    nodes: nodes.length,
    machine,
    seconds: Math.round((performance.now() - begunMs) / 1_000),
  });
  if (options.json) printJson({ faults: rounds, summary });
  else printRounds(rounds, summary);
  const isWhole = rounds.length === faults.length * options.times;
  return isWhole && rounds.every(isPassed) ? EXIT.ok : EXIT.failed;
};

type Summary = ReturnType<typeof summarise>;

function summarise(
  rounds: readonly DrillRound[],
  about: { seed: number; nodes: number; machine: string[]; seconds: number },
) {
  const middle = (values: number[]): number | null =>
    values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;
  const passed = rounds.filter(isPassed).length;
  return {
    faults: new Set(rounds.map(({ id }) => id)).size,
    rounds: rounds.length,
    passed,
    failed: rounds.length - passed,
    collateral: rounds.reduce((sum, { collateral }) => sum + collateral.length, 0),
    medianDetectedAfterS: middle(rounds.flatMap((r) => r.detectedAfterS ?? [])),
    medianRepairedAfterS: middle(rounds.flatMap((r) => r.repairedAfterS ?? [])),
    ...about,
  };
}

function printRounds(rounds: DrillRound[], summary: Summary): void {
  printLine("");
  const time = (value: number | null): string | null => (value === null ? null : `${value.toFixed(1)} s`);
  printTable<DrillRound>(
    rounds,
    [
      { title: "FAULT", text: (r) => r.id },
      { title: "NODE", text: (r) => r.node },
      { title: "ROUND", text: (r) => String(r.round) },
      { title: "FOUND", text: (r) => time(r.detectedAfterS) },
      { title: "REPAIRED", text: (r) => time(r.repairedAfterS) },
      { title: "BY", text: (r) => r.repair },
      { title: "VERIFIED", text: (r) => (r.verified ? "yes" : "no"), style: (r) => (isPassed(r) ? "green" : "red") },
      {
        title: "BESIDES",
        text: (r) => plain([r.error ?? "", ...r.collateral].filter(Boolean).join("; ")) || "nothing",
      },
    ],
    "nothing was drilled",
  );
  printLine(
    `\n${summary.passed} of ${summary.rounds} rounds of ${summary.faults} faults on ${summary.nodes} nodes in ${summary.seconds} s; seed ${summary.seed}`,
  );
  if (summary.machine.length > 0)
    printLine(`of the machine under all nodes, not counted: ${summary.machine.join(", ")}`);
}

/** Several nodes are drilled at once, and their pool's budget lets one go at a time: the others wait their turn, as people would. */
async function startInTurn(client: Client, findingId: string, signal: AbortSignal) {
  for (;;) {
    const preview = await startable(client, findingId, signal);
    const shown = shownPreview(preview, null);
    if (!preview.canStart) return { preview, shown, started: null };
    const { repairId } = preview;
    try {
      const started = await client.repairs.start.mutate({ findingId, repairId, planHash: shown.planHash });
      return { preview, shown, started };
    } catch (err) {
      if (!isBudget(err)) return { preview, shown, started: await answer(Promise.reject(err)) };
      await sleep(1_000, undefined, { signal });
    }
  }
}

/** The refusal is the shared budget's, which passes; the drill's own time limit ends the wait. */
const isBudget = (err: unknown): boolean =>
  err instanceof TRPCClientError && Boolean((err.data as { details?: { budget?: unknown } } | null)?.details?.budget);

/** The console through the command line's own client and key. */
function consoleOf(client: Client, options: CommonOptions): DrillConsole {
  return {
    findings: async () => {
      const { rows } = await answer(client.findings.list.query({ state: "visible", pageSize: 200 }));
      return rows.map((row) => ({
        id: row.id,
        node: row.nodeName,
        checkId: row.checkId,
        subject: row.subject,
        isOpen: row.state === "open" || row.state === "flapping",
      }));
    },
    nodeStates: async () => {
      const { rows } = await answer(client.nodes.list.query({ pageSize: 200 }));
      return new Map(rows.map((row) => [row.name, { state: row.state, reason: row.stateReason }]));
    },
    diagnose: async (node, pod) => {
      const { rows } = await answer(client.containers.list.query({ node, search: pod }));
      const found = rows.find(({ podName, state }) => podName === pod && state !== "exited") ?? rows[0];
      if (!found) throw new Error(`no container of ${pod} on ${node} is known`);
      const { nodeId, runtime, id } = found;
      const { verdict, causes, findings } = await answer(
        client.diagnosis.live.mutate({ node: nodeId, runtime, container: id }),
      );
      const checks = [
        ...causes.flatMap((cause) => cause.checks.map((check) => check.id)),
        ...findings.map((f) => f.checkId),
      ];
      return { side: verdict.side, checks: [...new Set(checks)], text: plain(verdict.text.en) };
    },
    repair: async (findingId, signal) => {
      const { preview, shown, started } = await startInTurn(client, findingId, signal);
      const { repairId } = preview;
      if (!started) return { repairId, succeeded: false, note: whyNot(preview) };
      if (started.state === "awaiting")
        await approveStarted(started.id, shown, { ...options, json: true }, () => undefined);
      for (;;) {
        const repair = await answer(client.repairs.get.query({ id: started.id }));
        if (isOver(repair.state)) {
          const results = repair.commands.flatMap((c) =>
            c.state === "done" ? [] : [`${c.type} ${c.state}: ${c.result?.message ?? ""}`],
          );
          const note = [words(repair.outcome), ...results].filter(Boolean).join("; ");
          return { repairId, succeeded: repair.state === "succeeded", note: plain(note) };
        }
        await sleep(500, undefined, { signal });
      }
    },
  };
}

/** A preview that can start: guards may want facts that come in their own time. The last one when none could. */
async function startable(client: Client, findingId: string, signal: AbortSignal): Promise<ShownPreview> {
  const end = performance.now() + STARTABLE_MS;
  for (;;) {
    const preview = await answer(client.repairs.preview.query({ findingId }));
    if (preview.canStart || performance.now() > end) return preview;
    await sleep(2_000, undefined, { signal });
  }
}

const whyNot = (preview: ShownPreview): string =>
  plain(
    [
      words(preview.refusal),
      words(preview.nothing),
      ...preview.guards.filter((g) => !g.ok).map((g) => `${words(g.title)}: ${g.detail}`),
    ]
      .filter(Boolean)
      .join("; "),
  );

// `bench …`: measures in this very run and shows what was measured; the benchmarks themselves lie in bench/.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type CatalogueOptions, measureCatalogue } from "../../bench/catalogue.ts";
import { type DetectOptions, measureDetect } from "../../bench/detect.ts";
import { type DiagnosisOptions, measureDiagnosis } from "../../bench/diagnosis.ts";
import { type EngineOptions, measureEngine } from "../../bench/engine.ts";
import { type FanoutOptions, measureFanout } from "../../bench/fanout.ts";
import { type FiguresOptions, measureFigures } from "../../bench/figures.ts";
import type { FleetOptions } from "../../bench/fleet/start-fleet.ts";
import { measureFleet } from "../../bench/fleet.ts";
import { type IngestOptions, measureIngest } from "../../bench/ingest.ts";
import { type JudgeOptions, measureJudge } from "../../bench/judge.ts";
import { measureQueries, type QueriesOptions } from "../../bench/queries.ts";
import { type Report, renderReport } from "../../bench/report.ts";
import { measureStorm, type StormOptions } from "../../bench/storm.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { writeAtomic } from "../files.ts";
import { printJson, printLine } from "../output.ts";
import { ROOT } from "../paths.ts";

type Measure<Options> = (options: Options, say: (text: string) => void, signal: AbortSignal) => Promise<Report>;

/** A command of one benchmark: `settings` picks its own options from the command line's. Exit code 1 when something could not be measured. */
function bench<Options>(
  measure: Measure<Options>,
  settings: (all: Options) => Options,
): Run<Options & { save?: boolean; keep?: boolean }> {
  return async (_args, options) => {
    const abort = new AbortController();
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => abort.abort());
    const report = await measure(settings(options), (text) => process.stderr.write(`${text}\n`), abort.signal).catch(
      (err) => {
        throw abort.signal.aborted ? new UserError("interrupted; everything it had started is ended") : err;
      },
    );
    if (options.json) printJson(report);
    else for (const line of renderReport(report)) printLine(line);
    if (options.save || options.keep) save(report);
    return report.groups.some(({ failures }) => failures.length > 0) ? EXIT.failed : EXIT.ok;
  };
}

function save(report: Report): void {
  const folder = join(ROOT, "bench/results");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${report.bench}-${report.commit}.json`);
  writeAtomic(path, `${JSON.stringify(report, null, 2)}\n`, 0o644);
  process.stderr.write(`saved ${path}\n`);
}

export const figures = bench<FiguresOptions>(measureFigures, ({ nodes, minutes, rounds }) => ({
  nodes,
  minutes,
  rounds,
}));

export const catalogue = bench<CatalogueOptions>(measureCatalogue, ({ nodes, rounds }) => ({ nodes, rounds }));

export const engine = bench<EngineOptions>(measureEngine, ({ nodes, rounds, seeds, incidents }) => ({
  nodes,
  rounds,
  seeds,
  incidents,
}));

export const diagnosis = bench<DiagnosisOptions>(measureDiagnosis, ({ rounds }) => ({ rounds }));

export const judge = bench<JudgeOptions>(measureJudge, ({ runs, minutes }) => ({ runs, minutes }));

export const fanout = bench<FanoutOptions>(measureFanout, ({ nodes, rounds }) => ({ nodes, rounds }));

export const queries = bench<QueriesOptions>(measureQueries, ({ nodes, rounds, seed }) => ({ nodes, rounds, seed }));

export const fleet = bench<FleetOptions>(
  measureFleet,
  ({ nodes, interval, duration, gateways, seed, enrol, rate, profile }) => ({
    nodes,
    interval,
    duration,
    gateways,
    seed,
    enrol,
    rate,
    profile,
  }),
);

export const storm = bench<StormOptions>(measureStorm, ({ nodes, interval, gateways, seed, enrol, rate, profile }) => ({
  nodes,
  interval,
  gateways,
  seed,
  enrol,
  rate,
  profile,
}));

export const detect = bench<DetectOptions>(measureDetect, ({ nodes, probes, rounds, loss, stop, seed }) => ({
  nodes,
  probes,
  rounds,
  loss,
  stop,
  seed,
}));

export const ingest = bench<IngestOptions>(measureIngest, ({ sessions, seconds, rounds, window, etcd, profile }) => ({
  sessions,
  seconds,
  rounds,
  window,
  etcd,
  profile,
}));

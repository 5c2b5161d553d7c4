// `status`: each process with readiness, age, restarts and memory; exit code 0 all ready, 1 something is not, 3 nothing runs.
import type { Run } from "../define.ts";
import { EXIT } from "../errors.ts";
import { age, duration, megabytes, paint, printJson, printLine, printTable } from "../output.ts";
import { dataDir, dataPaths } from "../paths.ts";
import { childrenByParent, isAlive, residentBytes, treeBytes } from "../proc.ts";
import { orphans, PROCESS_NAMES, type ProcessName, type ProcessState, readState } from "../state.ts";

type Row = {
  name: ProcessName | "supervisor";
  phase: string;
  isReady: boolean | null;
  pid: number | null;
  startedAt: string | null;
  restarts: number;
  lastExit: string | null;
  rssBytes: number | null;
  /** Proportional set size of the process and its descendants; null when not ours to read. */
  treeBytes: number | null;
};

async function isReady(url: string | undefined): Promise<boolean | null> {
  if (!url) return null;
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false; // refused or too slow: not ready is the answer
  }
}

async function rowOf(name: Row["name"], state: ProcessState, children: Map<number, number[]>): Promise<Row> {
  const pid = state.id && isAlive(state.id) ? state.id.pid : null;
  return {
    name,
    phase: pid === null && state.phase === "running" ? "dead" : state.phase,
    isReady: pid === null ? false : await isReady(state.readyUrl),
    pid,
    startedAt: state.startedAt ?? null,
    restarts: state.restarts,
    lastExit: state.lastExit ?? null,
    rssBytes: pid === null ? null : (residentBytes(pid) ?? null),
    treeBytes: pid === null ? null : (treeBytes(pid, children) ?? null),
  };
}

export const run: Run<object> = async (_args, options) => {
  const paths = dataPaths(dataDir(options.data));
  const state = readState(paths);
  const isSupervised = state !== undefined && isAlive(state.supervisor);
  const left = state ? orphans(state) : [];
  if (!state || (!isSupervised && left.length === 0)) {
    if (options.json) printJson({ running: false, dataDir: paths.dir, processes: [] });
    else printLine(`nothing runs on ${paths.dir}\n\n  ./nodeops up starts it`);
    return EXIT.unreachable;
  }
  const children = childrenByParent();
  const supervisor: ProcessState = {
    phase: isSupervised ? "running" : "stopped",
    id: state.supervisor,
    startedAt: state.startedAt,
    restarts: 0,
  };
  const listed = PROCESS_NAMES.toReversed().flatMap((name) =>
    state.processes[name] ? [rowOf(name, state.processes[name], children)] : [],
  );
  const own = await rowOf("supervisor", supervisor, new Map());
  const rows = [own, ...(await Promise.all(listed))];
  const isWell =
    isSupervised && state.phase === "running" && rows.every((row) => row.phase === "running" && row.isReady !== false);
  if (options.json) {
    const { webUrl, gatewayUrl, ports, startedAt, timings, phase, isolation, databaseRoles } = state;
    printJson({
      running: isSupervised,
      isWell,
      phase,
      dataDir: paths.dir,
      webUrl,
      gatewayUrl,
      ports,
      isolation: isolation?.isolation ?? "none",
      isolationReason: isolation?.reason ?? null,
      databaseRoles: databaseRoles ?? "one",
      startedAt,
      timings,
      processes: rows,
    });
    return isWell ? EXIT.ok : EXIT.failed;
  }
  printLine(`${paint("bold", state.webUrl)}   agents: ${state.gatewayUrl}   data: ${paths.dir}\n`);
  printTable<Row>(
    rows,
    [
      { title: "PROCESS", text: (r) => r.name },
      {
        title: "STATE",
        text: (r) => (r.phase === "running" && r.isReady === false ? "not ready" : r.phase),
        style: (r) => (r.phase === "running" && r.isReady !== false ? "green" : "red"),
      },
      { title: "PID", text: (r) => r.pid },
      { title: "UP", text: (r) => (r.pid === null ? null : age(r.startedAt)) },
      { title: "RESTARTS", text: (r) => r.restarts },
      { title: "RSS", text: (r) => megabytes(r.rssBytes) },
      { title: "WITH CHILDREN", text: (r) => megabytes(r.treeBytes) },
      { title: "LAST EXIT", text: (r) => r.lastExit },
    ],
    "",
  );
  printLine(
    `\nlast start: ${duration(state.timings.reduce((sum, { ms }) => sum + ms, 0))} (${state.timings.map(({ step, ms }) => `${step} ${duration(ms)}`).join(", ")})`,
  );
  const accounts = state.isolation?.isolation === "accounts" ? "one each" : `one for all (${state.isolation?.reason})`;
  printLine(
    `accounts: ${accounts}   database roles: ${state.databaseRoles === "per process" ? "one each" : "one for all"}`,
  );
  if (!isSupervised)
    printLine(
      `\nthe supervisor is gone; ./nodeops up takes over, ./nodeops down stops what is left (${left.map(({ name }) => name).join(", ")})`,
    );
  return isWell ? EXIT.ok : EXIT.failed;
};

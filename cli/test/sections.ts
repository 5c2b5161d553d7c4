// The sections of `./nodeops test`: how each runs, what it needs, and how its report is counted.
import { spawn } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { missingTools } from "../../lab/requirements.ts";
import { ROOT } from "../paths.ts";
import { add, type Counts, countFuzz, countPlaywright, countVitest, NONE, type PlaywrightReport } from "./counts.ts";

export type SectionName = "check" | "unit" | "fuzz" | "db" | "lab" | "e2e";

export type Context = {
  /** Folder for reports. */
  folder: string;
  /** Where live output goes: 1 stdout, 2 stderr (with --json). */
  outputFd: 1 | 2;
  say: (text: string) => void;
  signal: AbortSignal;
};

export type Section = {
  name: SectionName;
  /** Given up after this, in ms. */
  maxMs: number;
  /** Test files of the section, for saying what is skipped. */
  files: string[];
  /** Why it cannot run here, or undefined. */
  whyNot: () => Promise<string | undefined>;
  run: (context: Context, maxMs: number) => Promise<Counts>;
};

const MINUTE = 60_000;

const filesOf = (pattern: string) =>
  globSync(pattern, { cwd: ROOT, exclude: (path) => /(^|\/)(node_modules|\.next|dist)(\/|$)/.test(path) });

/** Runs a program in a session of its own, so that everything it started can be ended with it. @returns its exit code; null when it was ended */
function runProgram(
  argv: string[],
  env: Record<string, string>,
  context: Context,
  maxMs: number,
): Promise<number | null> {
  const {
    NODEOPS_URL: _url,
    NODEOPS_TOKEN: _token,
    NODEOPS_DATA: _data,
    DATABASE_URL: _database,
    REDIS_URL: _redis,
    ...rest
  } = process.env;
  const out = context.outputFd;
  const colour = (out === 1 ? process.stdout : process.stderr).isTTY ? {} : { NO_COLOR: "1" };
  const child = spawn(process.execPath, argv, {
    cwd: ROOT,
    detached: true,
    env: { ...rest, CI: "1", ...colour, ...env },
    stdio: ["ignore", out, out],
  });
  const end = (signal: NodeJS.Signals) => {
    try {
      if (child.pid) process.kill(-child.pid, signal);
    } catch {
      // the whole group is gone already
    }
  };
  // SIGINT first: both runners then end their own set-ups (databases, lab, stack).
  const interrupt = () => {
    end("SIGINT");
    setTimeout(() => end("SIGKILL"), 60_000).unref();
  };
  const timer = setTimeout(() => {
    context.say(`given up after ${maxMs / MINUTE} minutes`);
    interrupt();
  }, maxMs);
  context.signal.addEventListener("abort", interrupt, { once: true });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      context.signal.removeEventListener("abort", interrupt);
      end("SIGKILL"); // whatever the runner left behind in its own session
      resolve(code);
    });
  });
}

// A run that failed without a counted failure (a crash, a broken set-up) still is one.
const settle = (counts: Counts, code: number | null): Counts =>
  code !== 0 && counts.failed === 0 ? add(counts, { ...NONE, failed: 1 }) : counts;

function readReport<T>(file: string, count: (report: T) => Counts): Counts {
  return existsSync(file) ? count(JSON.parse(readFileSync(file, "utf8"))) : NONE;
}

async function runVitest(project: string, context: Context, maxMs: number): Promise<Counts> {
  const report = join(context.folder, `${project}.json`);
  const args = [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ];
  const code = await runProgram(args, {}, context, maxMs);
  return settle(readReport(report, countVitest), code);
}

async function runFuzz(context: Context, maxMs: number): Promise<Counts> {
  const report = join(context.folder, "fuzz.json");
  const code = await runProgram(["fuzz/main.ts", "--report", report], {}, context, maxMs);
  return settle(readReport(report, countFuzz), code);
}

async function runPlaywright(context: Context, maxMs: number): Promise<Counts> {
  const report = join(context.folder, "e2e.json");
  const args = ["node_modules/@playwright/test/cli.js", "test", "--reporter=list,json"];
  const code = await runProgram(args, { PLAYWRIGHT_JSON_OUTPUT_NAME: report }, context, maxMs);
  const flaky = readReport(report, (read: PlaywrightReport) => ({ ...NONE, passed: read.stats.flaky })).passed;
  if (flaky > 0) context.say(`${flaky} passed only on the second try; named above as flaky`);
  return settle(readReport(report, countPlaywright), code);
}

async function runCheck({ say }: Context): Promise<Counts> {
  const { check } = await import("../../scripts/check.ts");
  const results = await check(({ name, isOk, ms, output, note }) =>
    say(
      `  ${isOk ? "✓" : "✗"} ${name} (${(ms / 1000).toFixed(1)} s)${note ? `: ${note}` : ""}${isOk ? "" : `\n${output}`}`,
    ),
  );
  const passed = results.filter(({ isOk }) => isOk).length;
  return { passed, failed: results.length - passed, skipped: 0 };
}

const whyNoLab = async () => {
  const missing = await missingTools();
  return missing.length > 0 ? `needs ${missing.join(", ")}` : undefined;
};

const browser = () =>
  ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].some((path) => existsSync(path));

/** In the order they run: cheapest first. */
export const SECTIONS: Section[] = [
  { name: "check", maxMs: 5 * MINUTE, files: [], whyNot: async () => undefined, run: runCheck },
  {
    name: "unit",
    maxMs: 10 * MINUTE,
    files: filesOf("**/*.test.{ts,tsx}").filter((path) => !/\.(db|lab)\.test\.ts$/.test(path)),
    whyNot: async () => undefined,
    run: (context, maxMs) => runVitest("unit", context, maxMs),
  },
  {
    name: "fuzz",
    maxMs: 40 * MINUTE, // some five on two idle cores
    files: ["fuzz/main.ts"],
    whyNot: async () => undefined,
    run: runFuzz,
  },
  {
    name: "db",
    maxMs: 14 * MINUTE,
    files: filesOf("**/*.db.test.ts"),
    whyNot: async () => undefined,
    run: (context, maxMs) => runVitest("db", context, maxMs),
  },
  {
    name: "lab",
    maxMs: 20 * MINUTE,
    files: filesOf("**/*.lab.test.ts"),
    whyNot: whyNoLab,
    run: (context, maxMs) => runVitest("lab", context, maxMs),
  },
  {
    name: "e2e",
    maxMs: 20 * MINUTE,
    files: filesOf("e2e/**/*.spec.ts"),
    whyNot: async () => (browser() ? whyNoLab() : "needs Chromium (package chromium)"),
    run: runPlaywright,
  },
];

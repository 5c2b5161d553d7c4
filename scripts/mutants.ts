// `npm run test:mutants`: takes each guard of the rollout engine away, one at a time in a copy, and wants the simulator to notice within 1,000 seeds.
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Mutant, mutants } from "./mutant-list.ts";

const root = join(import.meta.dirname, "..");
const SEEDS = 1_000;
/** The list only ever grows. */
const LEAST = 42;

const RUNNER = `import { simulate } from "./simulate.ts";
for (let seed = 1; seed <= ${SEEDS}; seed += 1) {
  let by = "";
  try {
    by = simulate(seed).violations[0]?.id ?? "";
  } catch (err) {
    by = "threw: " + (err instanceof Error ? err.message : String(err));
  }
  if (by !== "") {
    console.log(JSON.stringify({ seed, by }));
    process.exit(0);
  }
}
console.log("null");
`;

export type Verdict = { mutant: Mutant; killed: { seed: number; by: string } | null };

/** A source with one guard less. @throws when the text does not stand there exactly once */
export function mutate(source: string, { file, find, replace }: Mutant): string {
  const count = source.split(find).length - 1;
  if (count !== 1) throw new Error(`rollout/${file}: stands there ${count} times, not once: ${find}`);
  return source.replace(find, () => replace);
}

/** Plants one mutant – or none – in a copy of the engine and lets the simulator look for it. */
export async function hunt(mutant: Mutant | null): Promise<Verdict["killed"]> {
  const folder = mkdtempSync(join(tmpdir(), "nodeops-mutant-"));
  try {
    const copy = join(folder, "rollout");
    cpSync(join(root, "rollout"), copy, { recursive: true, filter: (path) => !path.endsWith(".test.ts") });
    symlinkSync(join(root, "package.json"), join(folder, "package.json"));
    if (mutant) {
      const path = join(copy, mutant.file);
      writeFileSync(path, mutate(readFileSync(path, "utf8"), mutant));
    }
    const runner = join(copy, "mutant-runner.ts");
    writeFileSync(runner, RUNNER);
    const { stdout } = await promisify(execFile)(process.execPath, [runner], { cwd: folder, timeout: 300_000 });
    return JSON.parse(stdout) as Verdict["killed"];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const verdicts: Verdict[] = [];
  const began = performance.now();
  const clean = await hunt(null);
  if (clean)
    throw new Error(`without any mutant ${clean.by} does not hold at seed ${clean.seed}: mend the engine first`);
  process.stdout.write(`without a mutant: ${SEEDS} seeds, 0 violations\n`);
  const only = process.argv[2]; // of one invariant, while working on it
  for (const mutant of mutants.filter(({ invariant }) => only === undefined || invariant === only)) {
    const killed = await hunt(mutant);
    verdicts.push({ mutant, killed });
    const end = killed ? `killed by ${killed.by} at seed ${killed.seed}` : `SURVIVED ${SEEDS} seeds`;
    process.stdout.write(`${mutant.invariant.padEnd(6)} ${mutant.file.padEnd(24)} ${end}\n`);
  }
  const count = verdicts.filter(({ killed }) => killed).length;
  const invariants = new Set(mutants.map(({ invariant }) => invariant)).size;
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  process.stdout.write(`${count}/${mutants.length} killed, ${invariants} invariants, ${seconds} s\n`);
  process.exitCode = count === mutants.length && mutants.length >= LEAST ? 0 : 1;
}

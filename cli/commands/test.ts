// `test`: installs what the tests need, runs every section with live output, and closes with one line that a machine can read.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Run } from "../define.ts";
import { EXIT, errorMessage, UserError } from "../errors.ts";
import { duration, paint, printJson } from "../output.ts";
import { add, type Counts, closingLine, NONE } from "../test/counts.ts";
import { type Context, SECTIONS, type Section, type SectionName } from "../test/sections.ts";
import { install, missingPackages, whyNotInstall } from "../test/tools.ts";

type Outcome = Counts & { section: SectionName; ms: number; reason?: string };

function chosenSections(only: string | undefined): Section[] {
  const names = only?.split(",").filter((name) => name !== "");
  const unknown = names?.find((name) => !SECTIONS.some((section) => section.name === name));
  if (unknown)
    throw new UserError(
      `there is no section ${unknown}`,
      `choose from ${SECTIONS.map(({ name }) => name).join(", ")}`,
      EXIT.usage,
    );
  return SECTIONS.filter(({ name }) => !names || names.includes(name));
}

function prepareTools(sections: Section[], mayInstall: boolean, say: (text: string) => void): void {
  if (!sections.some(({ name }) => name === "db" || name === "lab" || name === "e2e")) return;
  const missing = missingPackages();
  if (missing.length === 0) return;
  const obstacle = mayInstall ? whyNotInstall() : "--no-install";
  const left = obstacle ? { missing, reason: obstacle } : install(missing, say);
  if (left.missing.length > 0) say(`missing: ${left.missing.join(" ")} (${left.reason}); what needs them is skipped`);
}

async function runSection(section: Section, context: Context): Promise<Outcome> {
  const begunMs = performance.now();
  const end = (counts: Counts, reason?: string): Outcome => ({
    section: section.name,
    ...counts,
    ms: Math.round(performance.now() - begunMs),
    reason,
  });
  if (context.signal.aborted) return end({ ...NONE, skipped: section.files.length || 1 }, "interrupted");
  const obstacle = await section.whyNot();
  // What cannot run is counted by file: its tests are only known by running them.
  if (obstacle) return end({ ...NONE, skipped: section.files.length || 1 }, obstacle);
  if (section.name !== "check" && section.files.length === 0) return end(NONE, "no tests");
  try {
    return end(await section.run(context, section.maxMs));
  } catch (err) {
    return end({ ...NONE, failed: 1 }, errorMessage(err));
  }
}

export const run: Run<{ only?: string; install: boolean }> = async (_args, options) => {
  const sections = chosenSections(options.only);
  const stream = options.json ? process.stderr : process.stdout;
  const say = (text: string) => void stream.write(`${text}\n`);
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => abort.abort());
  const folder = mkdtempSync(join(tmpdir(), "nodeops-test-"));
  const outcomes: Outcome[] = [];
  try {
    prepareTools(sections, options.install, say);
    const context: Context = { folder, outputFd: options.json ? 2 : 1, say, signal: abort.signal };
    for (const section of sections) {
      say(paint("bold", `\n── ${section.name} ${"─".repeat(60 - section.name.length)}`));
      const outcome = await runSection(section, context);
      outcomes.push(outcome);
      say(
        `${section.name}: ${closingLine(outcome)} in ${duration(outcome.ms)}${outcome.reason ? ` (${outcome.reason})` : ""}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const total = outcomes.reduce<Counts>(add, NONE);
  say(paint("bold", `\n── summary ${"─".repeat(53)}`));
  for (const { section, ms, reason, ...counts } of outcomes)
    say(`  ${section.padEnd(6)} ${duration(ms).padStart(12)}  ${closingLine(counts)}${reason ? `  (${reason})` : ""}`);
  if (options.json) printJson({ ...total, sections: outcomes });
  else say(closingLine(total));
  return total.failed > 0 || abort.signal.aborted ? EXIT.failed : EXIT.ok;
};

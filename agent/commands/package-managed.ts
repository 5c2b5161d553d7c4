// Commands package.install and package.restore: another version of one installed package, and back to the one that was there. The archive of the former
// version is fetched first and kept on the node: the way back needs no repository, and leads to nothing else.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { isManageable } from "../../protocol/packages.ts";
import { Failure, messageOf, Refusal } from "../host/errors.ts";
import { readText, syncFolder, writeDurably } from "../host/file.ts";
import { run } from "../host/run.ts";
import { type CommandContext, type Done, defineCommand } from "./define.ts";
import { withoutSecrets } from "./image-pull.ts";
import { nodeManager, type PackageManager, textOf, type Wanted } from "./package-manager.ts";
import { type Installed, whyNot } from "./package-text.ts";

/** Former versions that are kept with their archives, the oldest forgotten first. */
const KEPT_MAX = 10;
const AFFECTS = ["modules", "runtimes", "kernel"] as const;
/** Longer than everything within it may take together. */
const TIMEOUT_MS = 660_000;

const Kept = z.array(
  z.object({
    name: z.string(),
    put: z.string(),
    before: z.string(),
    file: z.string(),
    sha256: z.string(),
    at: z.number(),
  }),
);
type Kept = z.infer<typeof Kept>[number];

const folderOf = (ctx: CommandContext): string => join(ctx.paths.backups, "packages");
const indexOf = (ctx: CommandContext): string => join(folderOf(ctx), "index.json");
const hashOf = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");
const tail = (text: string): string => withoutSecrets(text.trim().split("\n").slice(-3).join(" | "));

/** @throws Refusal when the record is damaged: what cannot be taken back is not begun */
function readKept(ctx: CommandContext): Kept[] {
  const text = readText(indexOf(ctx));
  if (text === null) return [];
  try {
    return Kept.parse(JSON.parse(text));
  } catch {
    throw new Refusal("no-copies", "the record of what was replaced cannot be read");
  }
}

/** Writes the record, and drops archives that it does not name any more. */
function writeKept(ctx: CommandContext, was: readonly Kept[], kept: readonly Kept[]): void {
  const left = kept.slice(-KEPT_MAX);
  writeDurably(indexOf(ctx), JSON.stringify(left));
  const files = new Set(left.map(({ file }) => file));
  for (const { file } of [...was, ...kept])
    if (!files.has(file)) rmSync(join(file, ".."), { recursive: true, force: true });
}

/** What is installed of it now. @throws Refusal when it may not be changed here, or is not there exactly once */
async function present(ctx: CommandContext, manager: PackageManager, name: string): Promise<Installed> {
  if (!isManageable(name) || !ctx.config.managedPackages.includes(name))
    throw new Refusal("not-managed", `${name} is not among the packages that may be changed on this node`);
  const [entry, second] = await manager.installed(name);
  if (!entry) throw new Refusal("not-installed", `${name} is not installed`);
  if (second) throw new Refusal("several", `${name} is installed for several architectures or versions`);
  if (entry.isHeld) throw new Refusal("held", `${name} is held at ${entry.version} on this node`);
  return entry;
}

/** @throws Refusal unless this changes the one package and nothing else */
async function proven(manager: PackageManager, wanted: Wanted): Promise<void> {
  const { moves, said } = await manager.simulate(wanted);
  const why = whyNot(moves, wanted.name, wanted.version);
  if (why === null) return;
  const isNothing = moves.length === 0;
  throw new Refusal(
    isNothing ? "not-obtainable" : "touches-others",
    `${wanted.name} ${wanted.version}: ${why}${isNothing ? ` (${tail(said)})` : ""}`,
  );
}

/** Brings it there and looks. @throws Failure, with what it is now */
async function bring(manager: PackageManager, wanted: Wanted, before: string): Promise<Done> {
  const { name, version } = wanted;
  const result = await manager.install(wanted);
  const [after, second] = await manager.installed(name);
  if (after?.version === version && after.isWhole && !second) {
    // Its scripts were not let near systemd, which would go on with the unit files that it has read.
    if (existsSync("/run/systemd/system")) await run(["systemctl", "daemon-reload"], { timeoutMs: 30_000 });
    return { message: `${name}: ${before} → ${version}`, changed: true, output: { before, after: version } };
  }
  const now = after ? `${after.version}${after.isWhole ? "" : ", by half"}` : "gone";
  const isSame = after?.version === before && after.isWhole;
  throw new Failure(
    result.timedOut ? "timed-out" : "not-installed",
    `${name} is ${now} after ${version} was asked for: ${tail(textOf(result))}`,
    !isSame,
  );
}

/** @param managerOf for tests */
export const installPackage = (managerOf: () => PackageManager = nodeManager) =>
  defineCommand({
    type: "package.install",
    affects: AFFECTS,
    timeoutMs: TIMEOUT_MS,
    async run({ name, version }, ctx) {
      const manager = managerOf();
      const { version: before, isWhole } = await present(ctx, manager, name);
      if (!isWhole) throw new Refusal("half-installed", `${name} ${before} is installed by half`);
      if (before === version)
        return { message: `${name} is ${version} already`, changed: false, output: { before, after: before } };
      const wanted: Wanted = { name, version, file: null };
      await proven(manager, wanted);
      const all = readKept(ctx);
      const at = Date.now();
      const file = await manager.fetch(
        { name, version: before, file: null },
        join(folderOf(ctx), `${name}-${at}`),
        true,
      );
      if (file === null)
        throw new Refusal(
          "no-way-back",
          `${name} ${before}, which is installed, is not to be had any more: no way back`,
        );
      const next = [
        ...all.filter((kept) => kept.name !== name || kept.put !== version),
        { name, put: version, before, file, sha256: hashOf(file), at },
      ];
      try {
        writeKept(ctx, all, next);
        syncFolder(join(file, ".."));
      } catch (err) {
        throw new Refusal("not-kept", `what is there now cannot be kept: ${messageOf(err)}`);
      }
      ctx.progress(`${name} ${before} is kept; ${version} is being installed`);
      try {
        return await bring(manager, wanted, before);
      } catch (err) {
        if (err instanceof Refusal || (err instanceof Failure && !err.changed)) writeKept(ctx, next, all); // nothing to take back
        throw err;
      }
    },
  });

/** @param managerOf for tests */
export const restorePackage = (managerOf: () => PackageManager = nodeManager) =>
  defineCommand({
    type: "package.restore",
    affects: AFFECTS,
    timeoutMs: TIMEOUT_MS,
    async run({ name, putVersion }, ctx) {
      const manager = managerOf();
      const all = readKept(ctx);
      const entry = all.find((kept) => kept.name === name && kept.put === putVersion);
      if (!entry) throw new Refusal("no-copy", `nothing is kept that ${name} ${putVersion} replaced`);
      // By half: that is what may have become of it, and what this mends.
      const { version: now, isWhole } = await present(ctx, manager, name);
      const forget = () =>
        writeKept(
          ctx,
          all,
          all.filter((kept) => kept !== entry),
        );
      if (now === entry.before && isWhole) {
        forget();
        return { message: `${name} is as it was already`, changed: false, output: { before: now, after: now } };
      }
      if (now !== putVersion && now !== entry.before)
        throw new Refusal("target-changed", `${name} is ${now} now, not ${putVersion}`);
      if (!existsSync(entry.file) || hashOf(entry.file) !== entry.sha256)
        throw new Refusal("no-copy", "the archive of what was replaced is gone or damaged");
      const wanted: Wanted = { name, version: entry.before, file: entry.file };
      await proven(manager, wanted);
      const done = await bring(manager, wanted, now);
      forget();
      return done;
    },
  });

export const packageInstall = installPackage();
export const packageRestore = restorePackage();

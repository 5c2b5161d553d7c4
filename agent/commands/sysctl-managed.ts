// Commands sysctl.put and sysctl.restore: one number of the kernel, whatever it is now, and back to what it was. The node remembers what it replaced: the
// way back leads to that number and to no other.
import { readFileSync, writeFileSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { SETTABLE_SYSCTL, settingError } from "../../protocol/sysctls.ts";
import { sysctlPath } from "../collectors/settings.ts";
import { codeOf, Failure, messageOf, Refusal } from "../host/errors.ts";
import { readText, writeDurably } from "../host/file.ts";
import { type CommandContext, type Done, defineCommand } from "./define.ts";

const KEPT_MAX = 200;
/** Share of the memory that may be held back for the kernel. Red Hat's tuning guide: more than 5 % may end in processes being killed for want of memory at once. */
const MIN_FREE_RATIO_MAX = 0.05;
const AFFECTS = ["sysctls", "conntrack", "limits", "netstack", "podNetwork", "vm", "kernel"] as const;

const Kept = z.array(z.object({ key: z.string(), put: z.string(), before: z.string(), at: z.number() }));
type Kept = z.infer<typeof Kept>;

/** The kernel's settings. @throws system errors */
export type Kernel = { read: (key: string) => string; write: (key: string, value: string) => void };

const kernel: Kernel = {
  read: (key) => readFileSync(sysctlPath(key), "utf8"),
  write: (key, value) => writeFileSync(sysctlPath(key), value),
};

const keptFile = (ctx: CommandContext): string => join(ctx.paths.backups, "sysctls.json");
const tidy = (text: string): string => text.trim().replace(/\s+/g, " ");

function readKept(ctx: CommandContext): Kept {
  const text = readText(keptFile(ctx));
  if (text === null) return [];
  try {
    return Kept.parse(JSON.parse(text));
  } catch {
    throw new Refusal("no-copies", "the record of what was replaced cannot be read");
  }
}

const writeKept = (ctx: CommandContext, all: Kept): void =>
  writeDurably(keptFile(ctx), JSON.stringify(all.slice(-KEPT_MAX)));

/** Stores that it will be replaced. @throws Refusal when that cannot be stored: nothing is touched then */
function keep(ctx: CommandContext, all: Kept): void {
  try {
    writeKept(ctx, all);
  } catch (err) {
    throw new Refusal("not-kept", `what is set now cannot be kept: ${messageOf(err)}`);
  }
}

/** What it is now. @throws Refusal */
function present(key: string, { read }: Kernel): string {
  if (!SETTABLE_SYSCTL.test(key))
    throw new Refusal("not-settable", `${key} is not among the settings that may be changed`);
  try {
    return tidy(read(key));
  } catch (err) {
    throw new Refusal("no-such-setting", `${key}: ${messageOf(err)}`);
  }
}

/**
 * What the kernel makes of it must be what was asked for: a number that it rounds (nf_conntrack_buckets, to whole pages) is set back at once, for the way
 * back would find a number that nobody put there.
 * @throws Refusal when the node does not allow it, Failure when the kernel did not take it
 */
function set(key: string, before: string, value: string, { read, write }: Kernel): Done {
  try {
    write(key, value);
  } catch (err) {
    const code = codeOf(err);
    if (code === "EACCES" || code === "EPERM" || code === "EROFS")
      throw new Refusal("read-only", `${key} cannot be changed from here`);
    throw new Failure("not-set", `${key}: ${messageOf(err)}`, false);
  }
  const after = tidy(read(key));
  if (after === value) return { message: `${key}: ${before} → ${after}`, changed: true, output: { before, after } };
  if (after !== before) write(key, before);
  const now = tidy(read(key));
  throw new Failure("not-set", `${key} was ${after} after it was set to ${value}; it is ${now} now`, now !== before);
}

/** @param memoryBytes of this machine */
function tooMuch(key: string, value: string, memoryBytes: number): string | null {
  const max = Math.floor((memoryBytes * MIN_FREE_RATIO_MAX) / 1_024);
  return key === "vm.min_free_kbytes" && Number(value) > max
    ? `more than ${max}, a twentieth of this machine's memory`
    : null;
}

/** @param memoryBytes for tests, as is `of` */
export const putSetting = (of: Kernel = kernel, memoryBytes: number = totalmem()) =>
  defineCommand({
    type: "sysctl.put",
    affects: AFFECTS,
    timeoutMs: 10_000,
    async run({ key, value }, ctx) {
      const error = settingError(key, value) ?? tooMuch(key, value, memoryBytes);
      if (error !== null) throw new Refusal("not-settable", `${key} = ${value}: ${error}`);
      const before = present(key, of);
      const put = tidy(value);
      if (before === put)
        return { message: `${key} is ${put} already`, changed: false, output: { before, after: before } };
      const all = readKept(ctx);
      const others = all.filter((kept) => kept.key !== key || kept.put !== put);
      keep(ctx, [...others, { key, put, before, at: Date.now() }]);
      return set(key, before, put, of);
    },
  });

/** @param of for tests */
export const restoreSetting = (of: Kernel = kernel) =>
  defineCommand({
    type: "sysctl.restore",
    affects: AFFECTS,
    timeoutMs: 10_000,
    async run({ key, putValue }, ctx) {
      const put = tidy(putValue);
      const before = present(key, of);
      const all = readKept(ctx);
      const entry = all.find((kept) => kept.key === key && kept.put === put);
      if (!entry) throw new Refusal("no-copy", `nothing is kept that ${put} replaced at ${key}`);
      if (before !== entry.before && before !== put)
        throw new Refusal("target-changed", `${key} is ${before} now, not ${put}`);
      const done: Done =
        before === entry.before
          ? { message: `${key} is as it was already`, changed: false, output: { before, after: before } }
          : set(key, before, entry.before, of);
      writeKept(
        ctx,
        all.filter((kept) => kept !== entry),
      );
      return done;
    },
  });

export const sysctlPut = putSetting();
export const sysctlRestore = restoreSetting();

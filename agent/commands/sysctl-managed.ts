// Commands sysctl.put and sysctl.restore: one number of the kernel, whatever it is now, and back to what it was. The node remembers what it replaced: the
// way back leads to that number and to no other.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { SETTABLE_SYSCTL, SYSCTL_NUMBERS } from "../../protocol/sysctls.ts";
import { sysctlPath } from "../collectors/settings.ts";
import { codeOf, Failure, messageOf, Refusal } from "../host/errors.ts";
import { readText, writeDurably } from "../host/file.ts";
import { type CommandContext, type Done, defineCommand } from "./define.ts";

const KEPT_MAX = 200;
const AFFECTS = ["sysctls", "conntrack", "limits", "netstack", "podNetwork", "vm", "kernel"] as const;

const Kept = z.array(z.object({ key: z.string(), put: z.string(), before: z.string(), at: z.number() }));
type Kept = z.infer<typeof Kept>;

/** For tests: where settings lie. */
export type SettingFiles = (key: string) => string;

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

/** The setting's file and what it says. @throws Refusal */
function present(key: string, value: string, fileOf: SettingFiles): { file: string; before: string } {
  if (!SETTABLE_SYSCTL.test(key))
    throw new Refusal("not-settable", `${key} is not among the settings that may be changed`);
  if (!SYSCTL_NUMBERS.test(value)) throw new Refusal("not-settable", `"${value}" is not a number`);
  const file = fileOf(key);
  try {
    return { file, before: tidy(readFileSync(file, "utf8")) };
  } catch (err) {
    throw new Refusal("no-such-setting", `${key}: ${messageOf(err)}`);
  }
}

/** @throws Refusal when the node does not allow it, Failure when the kernel did not take it */
function set(key: string, file: string, before: string, value: string): Done {
  try {
    writeFileSync(file, value);
  } catch (err) {
    const code = codeOf(err);
    if (code === "EACCES" || code === "EPERM" || code === "EROFS")
      throw new Refusal("read-only", `${key} cannot be changed from here`);
    throw new Failure("not-set", `${key}: ${messageOf(err)}`, false);
  }
  const after = tidy(readFileSync(file, "utf8"));
  if (after !== tidy(value))
    throw new Failure("not-set", `${key} is ${after} after it was set to ${value}`, after !== before);
  return { message: `${key}: ${before} → ${after}`, changed: true, output: { before, after } };
}

/** @param fileOf for tests: where settings lie */
export const putSetting = (fileOf: SettingFiles = sysctlPath) =>
  defineCommand({
    type: "sysctl.put",
    affects: AFFECTS,
    timeoutMs: 10_000,
    async run({ key, value }, ctx) {
      const { file, before } = present(key, value, fileOf);
      const put = tidy(value);
      if (before === put)
        return { message: `${key} is ${put} already`, changed: false, output: { before, after: before } };
      const others = readKept(ctx).filter((kept) => kept.key !== key || kept.put !== put);
      writeKept(ctx, [...others, { key, put, before, at: Date.now() }]);
      return set(key, file, before, put);
    },
  });

/** @param fileOf for tests: where settings lie */
export const restoreSetting = (fileOf: SettingFiles = sysctlPath) =>
  defineCommand({
    type: "sysctl.restore",
    affects: AFFECTS,
    timeoutMs: 10_000,
    async run({ key, putValue }, ctx) {
      const put = tidy(putValue);
      const { file, before } = present(key, putValue, fileOf);
      const all = readKept(ctx);
      const entry = all.find((kept) => kept.key === key && kept.put === put);
      if (!entry) throw new Refusal("no-copy", `nothing is kept that ${put} replaced at ${key}`);
      if (before !== entry.before && before !== put)
        throw new Refusal("target-changed", `${key} is ${before} now, not ${put}`);
      const done: Done =
        before === entry.before
          ? { message: `${key} is as it was already`, changed: false, output: { before, after: before } }
          : set(key, file, before, entry.before);
      writeKept(
        ctx,
        all.filter((kept) => kept !== entry),
      );
      return done;
    },
  });

export const sysctlPut = putSetting();
export const sysctlRestore = restoreSetting();

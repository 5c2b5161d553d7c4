// Command cni.restore: puts the agent's last good copy of a CNI file back, unless the file changed since the plan. The broken one is kept.
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { cniFolders, goodCopy, loadGood, parseCni, readCniFile } from "../collectors/cni.ts";
import { Refusal } from "../host/errors.ts";
import { writeDurably } from "../host/file.ts";
import { until } from "../host/wait.ts";
import { defineCommand } from "./define.ts";

export const cniRestore = defineCommand({
  type: "cni.restore",
  affects: ["cni", "runtimes", "network"],
  timeoutMs: 30_000,
  async run({ file, currentSha256, goodSha256 }, ctx) {
    if (file.includes("/") || file.startsWith(".") || !/\.(conf|conflist|json)$/.test(file))
      throw new Refusal("not-a-cni-file", `${file} is not a CNI file`);
    const { confDir, binDirs } = cniFolders(ctx);
    const path = join(confDir, file);
    if (!existsSync(confDir)) throw new Refusal("target-gone", `${confDir} does not exist`);
    const present = readCniFile(confDir, binDirs, file);
    const before = present?.content ?? null;
    const hash = present?.file.sha256 ?? null;
    if (hash === goodSha256) return { message: `${file} is as it was already`, changed: false };
    if (hash !== currentSha256) throw new Refusal("target-changed", `${file} changed since the plan was made`);
    if (present?.file.valid && present.file.missingPlugins.length === 0)
      throw new Refusal("not-broken", `${file} can be read and none of its plugins is missing`);
    // A copy of another file would be a network that nobody meant to have here.
    if (loadGood(ctx.paths.goodCni)[file]?.sha256 !== goodSha256)
      throw new Refusal("no-good-copy", `the kept copy of ${file} is another`);
    const good = goodCopy(ctx.paths.goodCni, goodSha256);
    if (!good || parseCni(good.toString("utf8")).error !== null)
      throw new Refusal("no-good-copy", "the kept copy is not there or not valid");
    const mode = before === null ? 0o644 : statSync(path).mode & 0o777;
    // No CNI reader takes a file with this ending.
    const keptAs = before === null ? null : `${path}.broken`;
    if (before !== null && keptAs !== null) writeDurably(keptAs, before, mode);
    writeDurably(path, good, mode);
    const ready = await until(10_000, 500, async () => {
      const cri = ctx.runtimes.all().filter((w) => w.runtime.spec.kind === "cri");
      for (const watched of cri) await ctx.runtimes.probe(watched);
      return cri.some((w) => w.details?.conditions.some((c) => c.type === "NetworkReady" && c.status)) ? true : null;
    });
    return {
      message: `${file} was put back${ready ? ", the runtime's network is ready" : "; the runtime does not call its network ready yet"}`,
      changed: true,
      output: { path, brokenKeptAs: keptAs, networkReady: ready === true },
    };
  },
});

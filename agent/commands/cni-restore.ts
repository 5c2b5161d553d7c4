// Command cni.restore: puts the agent's last good copy of a CNI file back, unless the file changed since the plan. The broken one is kept.
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { cniFolders, goodCopy, parseCni, sha256 } from "../collectors/cni.ts";
import { codeOf, Refusal } from "../host/errors.ts";
import { writeDurably } from "../host/file.ts";
import { until } from "../host/wait.ts";
import { defineCommand } from "./define.ts";

function current(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (err) {
    if (codeOf(err) === "ENOENT") return null;
    throw err;
  }
}

export const cniRestore = defineCommand({
  type: "cni.restore",
  affects: ["cni", "runtimes", "network"],
  timeoutMs: 30_000,
  async run({ file, currentSha256, goodSha256 }, ctx) {
    if (file.includes("/") || file.startsWith(".") || !/\.(conf|conflist|json)$/.test(file))
      throw new Refusal("not-a-cni-file", `${file} is not a CNI file`);
    const { confDir } = cniFolders(ctx);
    const path = join(confDir, file);
    if (!existsSync(confDir)) throw new Refusal("target-gone", `${confDir} does not exist`);
    const before = current(path);
    const hash = before === null ? null : sha256(before);
    if (hash === goodSha256) return { message: `${file} is as it was already`, changed: false };
    if (hash !== currentSha256) throw new Refusal("target-changed", `${file} changed since the plan was made`);
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

// The agent's bundle as the gateway serves it: dist/agent.mjs, read again when it changes, with its checksum.
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

export type Bundle = { content: Buffer; sha256: string };

/** Where the build puts it: beside the running bundle, or in dist/ when the sources run unbundled. */
function bundlePath(): string {
  const here = import.meta.dirname;
  return basename(here) === "dist" ? join(here, "agent.mjs") : join(dirname(dirname(here)), "dist/agent.mjs");
}

/** Reads the file when asked and its size or time changed; null while it is not built. */
export function agentBundle(path: string = bundlePath()): () => Bundle | null {
  let known: { stamp: string; bundle: Bundle } | null = null;
  return () => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) return null;
    const stamp = `${stat.mtimeMs}/${stat.size}/${stat.ino}`;
    if (known?.stamp !== stamp) {
      const content = readFileSync(path);
      known = { stamp, bundle: { content, sha256: createHash("sha256").update(content).digest("hex") } };
    }
    return known.bundle;
  };
}

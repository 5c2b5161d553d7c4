// `node scripts/supply.ts`: is what we install and ship sound? Lock file, known faults, secrets. One of the checks of `npm run check`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { audit } from "./supply-audit.ts";
import { type Lock, lockViolations } from "./supply-lock.ts";
import { secretsInCheckout } from "./supply-secrets.ts";

/** All rules. `note` says how known faults were looked up. */
export async function supply(root: string): Promise<{ isOk: boolean; output: string; note: string }> {
  const lock: Lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const { findings, note } = await audit(root, lock);
  const lines = [
    ...lockViolations(lock, readFileSync(join(root, ".npmrc"), "utf8")),
    ...findings,
    ...secretsInCheckout(root).map((line) => `secret? ${line}`),
  ];
  return { isOk: lines.length === 0, output: lines.join("\n"), note };
}

if (import.meta.main) {
  const { isOk, output, note } = await supply(join(import.meta.dirname, ".."));
  if (output) console.error(output);
  console.log(`supply: ${note}; ${isOk ? "nothing found" : `${output.split("\n").length} findings`}`);
  process.exitCode = isOk ? 0 : 1;
}

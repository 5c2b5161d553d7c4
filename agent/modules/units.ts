// What systemd says of units whose process is gone: did they fail, or did somebody stop them or switch them off?
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { run } from "../host/run.ts";
import { parseShow } from "../host/systemctl.ts";

export type UnitEnd = {
  /** cleanly: systemd counts its end as wished for (systemctl stop, SIGTERM, exit 0); failed: as a failure. Null: it has not ended, or who knows. */
  ended: "cleanly" | "failed" | null;
  /** Disabled or masked. */
  isOff: boolean;
};

/** UnitFileState of units that nothing starts at boot (systemctl(1), is-enabled). */
const OFF = new Set(["disabled", "masked", "masked-runtime"]);

/**
 * By the name that was asked for, from `systemctl show -p Id -p ActiveState -p Result -p UnitFileState -- UNIT …`: a block each, in that order. Its
 * Id may be another name: chronyd.service is an alias of chrony.service on Debian.
 */
export function unitEnds(units: readonly string[], text: string): Map<string, UnitEnd> {
  const blocks = parseShow(text);
  if (blocks.length !== units.length) return new Map();
  return new Map(
    blocks.map(({ ActiveState, Result, UnitFileState = "" }, index) => {
      const isClean = Result === "success" && (ActiveState === "inactive" || ActiveState === "deactivating");
      // "activating" with a process gone: it failed and waits for systemd's next attempt.
      const isFailed = ActiveState === "failed" || (Result !== undefined && Result !== "success");
      return [
        units[index] ?? "",
        { ended: isClean ? "cleanly" : isFailed ? "failed" : null, isOff: OFF.has(UnitFileState) },
      ];
    }),
  );
}

/** Asks systemd; empty when it does not answer within 2 s. */
export async function askUnits(units: readonly string[]): Promise<Map<string, UnitEnd>> {
  if (units.length === 0) return new Map();
  const properties = ["Id", "ActiveState", "Result", "UnitFileState"].flatMap((name) => ["-p", name]);
  const { code, stdout } = await run(["systemctl", "show", ...properties, "--", ...units], { timeoutMs: 2_000 });
  return code === 0 ? unitEnds(units, stdout) : new Map();
}

const CONFIGURED = ["/etc/systemd/system", "/run/systemd/system"];
const SHIPPED = ["/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];

/**
 * Whether there is such a unit, and whether something starts it at boot. Null: none, or one that is masked.
 * @param root for tests
 */
export function findUnit(unit: string, root = "/"): { isEnabled: boolean } | null {
  const folders = [...CONFIGURED, ...SHIPPED].map((folder) => join(root, folder));
  const found = folders.find((folder) => existsSync(join(folder, unit)));
  if (!found || isMasked(join(found, unit))) return null;
  const isEnabled = CONFIGURED.map((folder) => join(root, folder)).some((folder) =>
    namesIn(folder).some((name) => /\.(?:wants|requires)$/.test(name) && existsSync(join(folder, name, unit))),
  );
  return { isEnabled };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // this node has no such folder
  }
}

function isMasked(path: string): boolean {
  try {
    return readlinkSync(path) === "/dev/null";
  } catch {
    return false; // a plain file
  }
}

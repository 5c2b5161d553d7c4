// While a package is unpacked no service of the node is started, stopped or restarted by its scripts: Debian's invoke-rc.d and deb-systemd-invoke ask
// /usr/sbin/policy-rc.d first. Ours is there for that moment only; a node's own that says no serves as well.
import { closeSync, constants, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Refusal } from "../host/errors.ts";
import { run } from "../host/run.ts";

export const POLICY_FILE = "/usr/sbin/policy-rc.d";
const MARK = "# nodeops-agent: for the moment of one installation";
/** invoke-rc.d(8): action forbidden by policy. */
const FORBIDDEN = 101;

/** Takes away what an agent that died in between left there. Never throws. */
export function dropServiceHold(file: string = POLICY_FILE): void {
  try {
    if (existsSync(file) && readFileSync(file, "utf8").includes(MARK)) rmSync(file);
  } catch {
    // It cannot be read or removed: then it is not ours.
  }
}

/** @throws Refusal when the node's own policy lets services be started */
export async function withServicesHeld<T>(act: () => Promise<T>, file: string = POLICY_FILE): Promise<T> {
  dropServiceHold(file);
  if (existsSync(file)) {
    const { code } = await run([file, "nodeops-agent", "restart"], { timeoutMs: 5_000 });
    if (code !== FORBIDDEN) throw new Refusal("service-policy", `${file} of this node lets packages restart services`);
    return act();
  }
  try {
    const fd = openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o755);
    writeFileSync(fd, `#!/bin/sh\n${MARK}\nexit ${FORBIDDEN}\n`);
    closeSync(fd);
    // The file that is there must be one that can be run: a mask may have taken that away.
    const { code } = await run(["/bin/sh", file], { timeoutMs: 5_000 });
    if (code !== FORBIDDEN) throw new Refusal("service-policy", `${file} does not say what it should`);
  } catch (err) {
    dropServiceHold(file);
    if (err instanceof Refusal) throw err;
    throw new Refusal("service-policy", `${file} cannot be written: packages might restart services`);
  }
  try {
    return await act();
  } finally {
    dropServiceHold(file);
  }
}

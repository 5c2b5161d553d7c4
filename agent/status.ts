// `nodeops-agent status`: what the running agent last wrote about itself.
import { readText } from "./host/file.ts";
import { statOf } from "./host/proc.ts";
import { loadIdentity, statePaths } from "./state.ts";

/** Prints the state. @returns 0 connected, 1 running but not connected, 3 not running, 4 not enrolled (as systemctl's status codes) */
export function status(stateFolder: string, json: boolean): number {
  const say = (text: string) => process.stdout.write(`${text}\n`);
  const paths = statePaths(stateFolder);
  const own = loadIdentity(paths);
  if (!own) {
    say(json ? JSON.stringify({ enrolled: false }) : "This node is not enrolled.");
    return 4;
  }
  const [pid, startTicks] = (readText(paths.pid) ?? "").split(" ").map(Number);
  const stat = pid ? statOf(pid) : null;
  const isRunning = stat !== null && stat.startTicks === startTicks && stat.state !== "Z";
  const last = JSON.parse(readText(paths.status) ?? "{}") as Record<string, unknown>;
  const { name, nodeId, gateway } = own.identity;
  if (json) say(JSON.stringify({ enrolled: true, name, nodeId, gateway, running: isRunning, ...last }, null, 2));
  else {
    say(`node        ${name} (${nodeId})`);
    say(`gateway     ${gateway}`);
    say(`agent       ${isRunning ? `runs, pid ${pid}` : "does not run"}`);
    if (isRunning)
      for (const key of ["connection", "reason", "spooled", "reconnects", "clockOffsetMs", "isFrozen"])
        say(`${key.padEnd(11)} ${last[key] ?? "–"}`);
  }
  if (!isRunning) return 3;
  return last.connection === "live" ? 0 : 1;
}

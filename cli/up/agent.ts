// The agent of this very machine: joined once with a token from the console's own API, then supervised like the rest.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { answer, connect } from "../client.ts";
import { errorMessage, UserError } from "../errors.ts";
import type { DataPaths } from "../paths.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { agentSpec, bundle } from "./processes.ts";
import { logTail } from "./tail.ts";

/** Time until the console shows the node as connected, in ms. */
const CONNECT_MAX_MS = 30_000;

/**
 * Joins this machine when it has no identity in the data folder, starts its agent and waits until the console sees it.
 *
 * @returns the node's name
 */
export async function startAgent(supervisor: Supervisor, paths: DataPaths, isDev: boolean): Promise<string> {
  const name = hostname();
  const isNew = !existsSync(paths.agent) || readdirSync(paths.agent).length === 0;
  if (isNew) await join(paths, supervisor.state.gatewayUrl, name);
  const spec = agentSpec(paths, isDev, ["run", "--state", paths.agent], (isRunning) =>
    waitConnected(paths, name, isRunning),
  );
  try {
    await supervisor.start(spec);
  } catch (cause) {
    throw new UserError(
      `this machine's agent did not start: ${(cause as Error).message}${logTail(paths, "agent")}`,
      `the whole log: ${paths.log("agent")}; ./nodeops up --no-agent goes without`,
      1,
      cause,
    );
  }
  return name;
}

async function join(paths: DataPaths, gateway: string, name: string): Promise<void> {
  const client = connect({ data: paths.dir });
  const { token } = await answer(client.joinTokens.create.mutate({ note: "this machine", expiresInMinutes: 10 }));
  mkdirSync(paths.agent, { recursive: true, mode: 0o700 });
  const args = [
    bundle("agent"),
    "join",
    "--gateway",
    gateway,
    "--token",
    token,
    "--name",
    name,
    "--state",
    paths.agent,
  ];
  try {
    await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
  } catch (cause) {
    rmSync(paths.agent, { recursive: true, force: true }); // half an identity would never be asked to join again
    const words = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : String(cause);
    throw new UserError(`this machine could not join: ${words}`, "./nodeops up --no-agent goes without", 1, cause);
  }
}

async function waitConnected(paths: DataPaths, name: string, isRunning: () => boolean): Promise<void> {
  const client = connect({ data: paths.dir });
  const deadline = performance.now() + CONNECT_MAX_MS;
  for (let last = "it does not reach the gateway"; ; await sleep(200)) {
    try {
      const { rows } = await answer(client.nodes.list.query({ search: name }));
      if (rows.some((row) => row.name === name && row.isConnected)) return;
    } catch (err) {
      last = errorMessage(err); // the console itself may be starting again
    }
    if (!isRunning()) throw new Error("it ended while starting");
    if (performance.now() > deadline) throw new Error(last);
  }
}

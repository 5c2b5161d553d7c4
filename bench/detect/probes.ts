// The probes of `bench detect` as seen by the bench: enrolled, started, and ended, stopped or cut off one at a time.
import { type ChildProcess, execFile, fork } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type pg from "pg";
import { loadTrust } from "../../server/trust/document.ts";
import { SimulatedAgent } from "../fleet/agent.ts";
import { insertRows, issueInBulk } from "../fleet/enrol.ts";
import { lifeOf } from "../fleet/plan.ts";
import type { FleetStack } from "../fleet/stack.ts";
import { makeTemplates } from "../fleet/templates.ts";
import { emptyTally, type World } from "../fleet/world.ts";
import type { ProbeSettings } from "./probe.ts";

const exec = promisify(execFile);

/** Numbers of probes begin here, so that their names are not those of the fleet around them. */
const FIRST = 500_000;

export class Probe {
  readonly settings: ProbeSettings;
  #child: ChildProcess | null = null;
  constructor(settings: ProbeSettings) {
    this.settings = settings;
  }
  get nodeId(): string {
    return this.settings.credentials.nodeId;
  }
  start(): void {
    const child = fork(join(import.meta.dirname, "probe.ts"), [], {
      execArgv: ["--disable-warning=ExperimentalWarning", "--max-old-space-size=256"],
    });
    child.send(this.settings);
    this.#child = child;
  }
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    this.#child?.kill(name);
  }
  /** Drops whatever its address sends or is sent, without a word to either side. */
  async cutOff(isOff: boolean): Promise<void> {
    for (const side of ["-s", "-d"])
      await exec("iptables", ["-w", isOff ? "-I" : "-D", "INPUT", side, this.settings.localAddress, "-j", "DROP"]);
  }
}

/** Keys, certificates and rows for `count` probes; none is started yet. */
export async function makeProbes(
  pool: pg.Pool,
  { dataDir, gateways }: FleetStack,
  count: number,
  intervalMs: number,
): Promise<Probe[]> {
  const trust = loadTrust(dataDir)();
  const world: World = {
    templates: makeTemplates(Date.now()),
    cas: trust.content.cas,
    localAddress: "127.0.0.1",
    intervalMs,
    measured: { from: 0, to: 0 },
    tally: emptyTally(),
    onStored: () => undefined,
    isStopping: false,
  };
  const gatewayOf = (i: number) => `https://127.0.0.1:${gateways[i % gateways.length]?.port}`;
  const agents = Array.from({ length: count }, (_, i) => {
    const number = FIRST + i;
    const hex = number.toString(16).padStart(12, "0");
    const own = {
      name: `probe-${i}`,
      machineId: `5e5e5e5e5e5e5e5e5e5e${hex}`,
      bootId: `5e5e5e5e-0000-4000-8000-${hex}`,
      address: `10.200.0.${i + 1}`,
    };
    const life = lifeOf(number, { seed: 1, nodes: count, intervalMs, durationMs: 0 });
    return new SimulatedAgent(world, number, gatewayOf(i), life, own);
  });
  await insertRows(pool, await issueInBulk(agents, dataDir, trust));
  return agents.flatMap(({ number, own, credentials }, i) =>
    credentials
      ? new Probe({
          number,
          own,
          credentials,
          cas: trust.content.cas,
          gateway: gatewayOf(i),
          localAddress: `127.0.2.${i + 1}`,
          intervalMs,
        })
      : [],
  );
}

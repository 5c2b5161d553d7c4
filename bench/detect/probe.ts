// A probe of `bench detect`: one simulated agent in a process of its own, so that it can be killed, stopped and cut off like a real one. Started with fork().
import { type Credentials, SimulatedAgent } from "../fleet/agent.ts";
import { lifeOf } from "../fleet/plan.ts";
import { makeTemplates, type Own } from "../fleet/templates.ts";
import { emptyTally, type World } from "../fleet/world.ts";

/** What a probe is told once; it then runs until its process ends. */
export type ProbeSettings = {
  number: number;
  own: Own;
  credentials: Credentials;
  cas: string[];
  /** https://host:port of its gateway, and the address its connections come from. */
  gateway: string;
  localAddress: string;
  intervalMs: number;
};

function run({ number, own, credentials, cas, gateway, localAddress, intervalMs }: ProbeSettings): void {
  const world: World = {
    templates: makeTemplates(Date.now()),
    cas,
    localAddress,
    intervalMs,
    measured: { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY },
    tally: emptyTally(),
    onStored: () => process.send?.("stored"),
    isStopping: false,
  };
  const life = { ...lifeOf(number, { seed: number, nodes: 1, intervalMs, durationMs: 0 }), skewMs: 0 };
  const agent = new SimulatedAgent(world, number, gateway, life, own);
  agent.credentials = credentials;
  agent.start();
  const beat = () => agent.beat(Date.now(), Date.now());
  // The first one soon, as an agent does once it is welcomed.
  setTimeout(() => {
    beat();
    setInterval(beat, intervalMs);
  }, life.phaseMs);
}

process.once("message", (settings: ProbeSettings) => run(settings));
process.on("disconnect", () => process.exit(0)); // the bench is gone

// What `bench judge` plays: harmless rollouts of even and uneven fleets, and harm; how many of each, and what is expected.
import type { SequentialPolicy } from "../judge/sequential/types.ts";
import { POLICY, type Trace } from "./judge-traces.ts";

/** Nobody is harmed by it: false alarms are counted. even: nodes are alike. racks: and racks of both arms fail. uneven: nodes are as they are. */
export type ScenarioKind = "even" | "racks" | "uneven" | "harm" | "shown";

export type Scenario = {
  title: string;
  kind: ScenarioKind;
  trace: Trace;
  policy: SequentialPolicy;
  /** Of the runs asked for. */
  share: number;
  /** Half of the runs find it within so long, ms; null: no goal. */
  medianMs: number | null;
};

const EVEN: Trace = {
  canaries: 50,
  controls: 50,
  kinds: ["event", "event", "event"],
  base: 0.002,
  harmed: 0.002,
  isRough: false,
  isUneven: false,
  isApart: false,
  before: 0,
};
/** With as many controls as a policy asks for unless told otherwise (rollout/policy.ts, controlsMax). */
const USUAL: Trace = { ...EVEN, controls: 200 };
/** Five minutes before the change were seen. */
const UNEVEN: Trace = { ...EVEN, kinds: ["event", "rate", "latency"], isRough: true, isUneven: true, before: 30 };
/** As server/rollouts asks for with one or two canaries. */
const FEW: SequentialPolicy = { ...POLICY, alpha: POLICY.alpha / 10 };

const scenario = (
  kind: ScenarioKind,
  share: number,
  title: string,
  trace: Trace,
  rest: Partial<Scenario> = {},
): Scenario => ({ title, kind, trace, policy: POLICY, share, medianMs: null, ...rest });

export const SCENARIOS: readonly Scenario[] = [
  scenario("even", 1, "no harm, even nodes", EVEN),
  scenario("even", 0.25, "no harm, even nodes, 200 controls", USUAL),
  scenario("racks", 1, "no harm; racks of both arms fail, load by the hour, another rollout", {
    ...EVEN,
    isRough: true,
  }),
  scenario("uneven", 0.5, "no harm, uneven nodes", UNEVEN),
  scenario("uneven", 0.25, "no harm, uneven nodes, nobody looked before", { ...UNEVEN, before: 0 }),
  scenario("uneven", 0.25, "no harm, uneven nodes, canaries in a rack of their own", { ...UNEVEN, isApart: true }),
  scenario("uneven", 0.25, "no harm, uneven nodes, 9 against 50", { ...UNEVEN, canaries: 9 }),
  scenario(
    "uneven",
    0.25,
    "no harm, uneven nodes, 1 against 20",
    { ...UNEVEN, canaries: 1, controls: 20, kinds: ["event", "event", "event"] },
    { policy: FEW },
  ),
  scenario("harm", 0.25, "0.2 % → 2 %, 200 controls", { ...USUAL, harmed: 0.02 }, { medianMs: 180_000 }),
  scenario("harm", 1, "0.2 % → 2 %, no more controls than canaries", { ...EVEN, harmed: 0.02 }),
  scenario("harm", 0.5, "0.2 % → 2 %; racks, load, another rollout", { ...EVEN, harmed: 0.02, isRough: true }),
  scenario("harm", 0.5, "0.2 % → 5 %", { ...EVEN, harmed: 0.05 }),
  scenario("harm", 0.5, "0.2 % → 5 %; racks, load, another rollout", { ...EVEN, harmed: 0.05, isRough: true }),
  scenario("harm", 0.5, "0.2 % → 2 %, uneven nodes, racks, load, another rollout", { ...UNEVEN, harmed: 0.02 }),
  scenario("harm", 0.5, "0.2 % → 2 % of calls, uneven nodes, racks, load, another rollout", {
    ...UNEVEN,
    kinds: ["rate", "event", "latency"],
    harmed: 0.02,
  }),
  scenario("harm", 0.5, "calls take half as long again, uneven nodes, racks, load, another rollout", {
    ...UNEVEN,
    kinds: ["latency", "event", "rate"],
    harmed: 0.003,
  }),
  scenario("shown", 0.1, "0.2 % → 0.6 %", { ...EVEN, harmed: 0.006 }),
];

// Planted mutants of the rollout engine: each takes one guard away, and the simulator must notice. Read by mutants.ts; no switch of it is in the product.

export type Mutant = {
  /** The invariant that the guard holds up. */
  invariant: string;
  /** File in rollout/. */
  file: string;
  /** Text that stands there exactly once, and what it is replaced by. */
  find: string;
  replace: string;
};

const RUNNING = "phases/running.ts";
const JUDGING = "phases/judging.ts";
const UNDER_WAY = "phases/under-way.ts";
const BEFORE = "phases/before-start.ts";

export const mutants: readonly Mutant[] = [
  { invariant: "I-1", file: BEFORE, find: "if (count === 0 || waves", replace: "if (waves" },
  { invariant: "I-2", file: BEFORE, find: "live.targetHash !== state.targetHash", replace: "false" },
  { invariant: "I-2", file: BEFORE, find: "drift <= policy.driftMaxRatio", replace: "drift <= 10" },
  { invariant: "I-2", file: BEFORE, find: "event.targetHash !== state.targetHash", replace: "false" },
  {
    invariant: "I-3",
    file: "plan.ts",
    find: '    case "unknown":\n      return health;',
    replace: '      return health;\n    case "unknown":\n      return null;',
  },
  { invariant: "I-4", file: "plan.ts", find: 'if (isProtected) return "protected";', replace: "" },
  { invariant: "I-5", file: "node.ts", find: "|| event.attempt !== target.attempt", replace: "" },
  { invariant: "I-6", file: "budget.ts", find: "if (sick + leased + 1 > max)", replace: "if (leased + 1 > max)" },
  {
    invariant: "I-7",
    file: "budget.ts",
    find: "asked.isAutomatic && unhealthy >",
    replace: "asked.isAutomatic && sick - unhealthy >",
  },
  { invariant: "I-10", file: "plan.ts", find: 'by === "zone" ? zone : ', replace: 'by === "zone" ? "" : ' },
  { invariant: "I-10", file: "budget.ts", find: "domains.size > policy.maxDomains", replace: "domains.size > 100" },
  { invariant: "I-11", file: "plan.ts", find: "before * Math.min(policy.growth, 3)", replace: "before * 10" },
  { invariant: "I-11", file: "plan.ts", find: "count - 1,", replace: "count," },
  { invariant: "I-12", file: "phases/rolling-back.ts", find: '{ type: "release", wave: "all" },', replace: "" },
  {
    invariant: "I-12",
    file: "phases/stop.ts",
    find: '[{ type: "withdraw" }, { type: "release", wave: "all" }, ',
    replace: '[{ type: "withdraw" }, ',
  },
  { invariant: "I-13", file: "budget.ts", find: "if (left < floor)", replace: "if (left < -1)" },
  { invariant: "I-14", file: RUNNING, find: " - errorsOf(wave)) - applying", replace: ") - applying" },
  {
    invariant: "I-14",
    file: "phases/rolling-back.ts",
    find: "Math.min(policy.maxInFlight, errorBound(policy, wave.size)) - inFlight",
    replace: "policy.maxInFlight",
  },
  {
    invariant: "I-16",
    file: UNDER_WAY,
    find: '    case "tick":\n    case "refused":\n    case "gate":\n    case "pause":',
    replace:
      '    case "tick":\n    case "refused":\n    case "gate":\n      return advance(state, at, policy);\n    case "pause":',
  },
  { invariant: "I-17", file: "policy.ts", find: "policy.growth <= 3", replace: "policy.growth <= 30" },
  {
    invariant: "I-17",
    file: "policy.ts",
    find: 'range("soakMs", policy.soakMs, least,',
    replace: 'range("soakMs", policy.soakMs, 0,',
  },
  {
    invariant: "I-21",
    file: RUNNING,
    find: "if (isHeld || max <= 0 || !isOpen(policy.windows, at))",
    replace: "if (isHeld || max <= 0)",
  },
  {
    invariant: "I-26",
    file: UNDER_WAY,
    find: "event.nth !== undefined && event.nth !== state.gatesOpen",
    replace: "false",
  },
  { invariant: "I-23", file: JUDGING, find: "if (!isFresh(event, policy))", replace: "if (false)" },
  {
    invariant: "I-23",
    file: JUDGING,
    find: "dueSince !== null && at - dueSince >= policy.judgeSilentMs",
    replace: "false",
  },
  { invariant: "I-25", file: "policy.ts", find: "judge.alpha <= 0.01", replace: "judge.alpha <= 1" },
  { invariant: "I-26", file: JUDGING, find: "&& soakedMs >= policy.soakMs;", replace: ";" },
  {
    invariant: "I-26",
    file: UNDER_WAY,
    find: "event.persons < 2 && exposureMs",
    replace: "event.persons < 1 && exposureMs",
  },
  {
    invariant: "I-27",
    file: JUDGING,
    find: 'if (event.verdict === "fail") return failed',
    replace: 'if (event.verdict === "fail" && state.stage === "soak") return failed',
  },
  {
    invariant: "I-27",
    file: "phases/stop.ts",
    find: 'effects: Effect[] = [{ type: "withdraw" }, ',
    replace: "effects: Effect[] = [",
  },
  {
    invariant: "I-29",
    file: "node.ts",
    find: 'go("reverting", { attempt: target.attempt + 1,',
    replace: 'go("reverting", { attempt: target.attempt,',
  },
  {
    invariant: "I-30",
    file: "step.ts",
    find: '    case "running":\n',
    replace:
      '    case "running":\n      if (event.type === "planned") return taken(state, event, beforeStart(state, event, policy));\n',
  },
  { invariant: "I-31", file: BEFORE, find: "|| waves.some(({ size }) => size < 1)", replace: "" },
  {
    invariant: "I-33",
    file: "node.ts",
    find: 'event.end === "unknown" ? stay',
    replace: 'event.end === "unknown" ? go("pending")',
  },
  { invariant: "I-34", file: "node.ts", find: "if (target.isConfirmed) return stay;", replace: "" },
  {
    invariant: "I-35",
    file: "step.ts",
    find: '    case "halted":\n      return',
    replace: '    case "halted":\n    case "aborted":\n      return',
  },
  {
    invariant: "I-36",
    file: RUNNING,
    find: 'state.rehearsal !== "none" && state.rehearsal !== "done"',
    replace: "false",
  },
  { invariant: "I-39", file: JUDGING, find: "hasSlept ||", replace: "" },
  { invariant: "I-40", file: "counts.ts", find: "!isMove(from, to) ||", replace: 'from === "pending" ||' },
  {
    invariant: "I-43",
    file: "node.ts",
    find: 'if (state !== "pending" && !',
    replace: 'if (state !== "pending" && state !== "failed" && !',
  },
  {
    invariant: "I-43",
    file: "node.ts",
    find: 'if (state !== "applied" && state !== "failed") return stay;\n      return go("reverting"',
    replace:
      'if (state !== "applied" && state !== "failed" && state !== "revertFailed") return stay;\n      return go("reverting"',
  },
  {
    invariant: "I-45",
    file: UNDER_WAY,
    find: '    case "pause":\n    case "freeze":\n      return pause(state, event.why);\n    case "promote":',
    replace:
      '    case "freeze":\n      return stay(state);\n    case "pause":\n      return pause(state, event.why);\n    case "promote":',
  },
  {
    invariant: "I-46",
    file: "step.ts",
    find: "heardAt: event.at, seq",
    replace: "heardAt: event.at + Math.random(), seq",
  },
];

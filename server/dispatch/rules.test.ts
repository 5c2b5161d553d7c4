// Every rule by which the dispatcher signs, waits or refuses: one case that only this rule catches. Risk and hashes are worked out, never believed.
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { CommandAction } from "../../protocol/commands.ts";
import type { PlanStatement } from "../../protocol/statement.ts";
import type { Plan, Risk } from "../../repairs/define.ts";
import { planHashOf, undoRepairId } from "../../repairs/plan-hash.ts";
import { plans } from "./plans.fixture.ts";
import { type Decision, decide, type Inputs, type Signature } from "./rules.ts";

const NOW = 1_700_000_000_000;
const runId = randomUUID();
const nodeId = randomUUID();

type Over = {
  repairId?: string;
  plan?: Plan;
  risk?: Risk;
  run?: Partial<NonNullable<Inputs["run"]>>;
  node?: Partial<NonNullable<Inputs["node"]>>;
  command?: Partial<Inputs["command"]>;
  action?: CommandAction;
};

/** Inputs for a step of a plan, as an honest engine makes them. */
function inputsFor(
  { risk = "safe", run, node, command, action, ...own }: Over = {},
  more: Partial<Inputs> = {},
): Inputs {
  const repairId = own.repairId ?? plans[risk].repairId;
  const plan: Plan = own.plan ?? plans[risk].plan;
  const undoOfId = run?.undoOfId ?? null;
  const planHash = planHashOf({
    nodeId,
    findingId: "f1",
    repairId: undoOfId ? undoRepairId(undoOfId) : repairId,
    plan,
  });
  const row = { role: "step", stepIndex: 0, ...command };
  const planned =
    row.role === "evidence" ? { type: "evidence.capture", params: plan.evidence } : plan.steps[row.stepIndex]?.action;
  const { type = "", params } = action ?? planned ?? {};
  return {
    now: NOW,
    frozenEpoch: null,
    command: { id: randomUUID(), repairId: runId, nodeId, type, params, queuedAt: NOW - 1_000, ...row },
    run: {
      repairId,
      nodeId,
      findingId: "f1",
      undoOfId,
      plan: { ...plan, guards: [{ id: "g", ok: true }] },
      planHash,
      state: "running",
      requestedBy: "user:olga",
      owner: null,
      rolloutId: null,
      direction: "apply",
      ...run,
    },
    node: { name: "node-7", isRevoked: false, isQuarantined: false, ...node },
    approvers: ["user:anna", "user:olga"],
    rollout: null,
    signatures: [],
    acceptedHash: null,
    signed: null,
    isPreviousSigned: true,
    limitReached: () => null,
    rolloutHolds: () => null,
    ...more,
  };
}

const signature = (inputs: Inputs, person: string, over: Partial<PlanStatement> = {}): Signature => ({
  person,
  keyId: `key of ${person}`,
  challenge: randomUUID(),
  statement: {
    v: 1,
    kind: "plan",
    runId,
    nodeId,
    nodeName: "node-7",
    repairId: inputs.run?.repairId ?? "",
    planHash: inputs.run?.planHash ?? "",
    risk: "disruptive",
    requestedBy: "user:olga",
    expiresAt: NOW + 60_000,
    ...over,
  },
});
const say = (decision: Decision): string =>
  decision.do === "sign" || decision.do === "repeat" ? decision.do : `${decision.do} ${decision.code}`;
const judge = (over: Over = {}, more: Partial<Inputs> = {}): string => say(decide(inputsFor(over, more)));
/** With signatures of these persons over it, changed as told. */
function judgeSigned(
  over: Over,
  persons: string[],
  statement: Partial<PlanStatement> = {},
  more: Partial<Inputs> = {},
): string {
  const inputs = inputsFor(over, more);
  return say(decide({ ...inputs, signatures: persons.map((person) => signature(inputs, person, statement)) }));
}

describe("what the plan says", () => {
  const other: CommandAction = { type: "module.restart", params: { module: "docker", mode: "start", process: null } };
  const cases: [string, string, Over, Partial<Inputs>?][] = [
    ["a safe step", "sign", {}],
    ["the evidence of any plan", "sign", { risk: "destructive", command: { role: "evidence" } }],
    ["frozen", "wait frozen", {}, { frozenEpoch: 3 }],
    ["frozen, and wrong as well", "wait frozen", { run: { planHash: "00" } }, { frozenEpoch: 3 }],
    ["no run", "refuse no-run", {}, { run: null }],
    ["no node", "refuse no-run", {}, { node: null }],
    ["run of another node", "refuse wrong-node", { command: { nodeId: randomUUID() } }],
    ["revoked node", "refuse revoked", { node: { isRevoked: true } }],
    ["quarantined node", "refuse quarantined", { node: { isQuarantined: true } }],
    ["run that waits for approval", "refuse run-not-active", { run: { state: "awaiting" } }],
    ["run that is over", "refuse run-not-active", { run: { state: "succeeded" } }],
    ["queued an hour ago", "refuse too-old", { command: { queuedAt: NOW - 3_600_000 } }],
    ["queued nobody knows when", "refuse too-old", { command: { queuedAt: null } }],
    ["not in the catalogue", "refuse unknown-repair", { repairId: "run-shell" }],
    ["named like a property of every object", "refuse unknown-repair", { repairId: "constructor" }],
    ["undo of a repair that has none", "refuse no-undo", { run: { undoOfId: randomUUID() } }],
    ["plan that is none", "refuse malformed", { run: { plan: { steps: [] } } }],
    ["plan with something beside it", "refuse malformed", { run: { plan: { ...plans.safe.plan, also: [] } } }],
    [
      "another plan under the hash",
      "refuse plan-changed",
      { run: { plan: { ...plans.safe.plan, touches: { en: "x", zh: "x" } } } },
    ],
    ["another hash", "refuse plan-changed", { run: { planHash: "00".repeat(32) } }],
    ["another finding", "refuse plan-changed", { run: { findingId: "f2" } }],
    ["another action than planned", "refuse not-planned", { action: other }],
    ["a step that the plan does not have", "refuse not-planned", { command: { stepIndex: 7 }, action: other }],
    ["a step before the first", "refuse not-planned", { command: { stepIndex: -1 }, action: other }],
    ["a role that is none", "refuse not-planned", { command: { role: "shell" } }],
    ["a step as evidence", "refuse not-planned", { command: { role: "evidence" }, action: other }],
    ["a second evidence", "refuse not-planned", { command: { role: "evidence", stepIndex: 1 } }],
    [
      "an action outside of the catalogue",
      "refuse malformed",
      { command: { type: "shell.run", params: { command: "id" } } },
    ],
    [
      "parameters of another shape",
      "refuse malformed",
      { command: { params: { module: "$(id)", mode: "start", process: null } } },
    ],
    [
      "a parameter more",
      "refuse malformed",
      { command: { params: { module: "containerd", mode: "start", process: null, x: 1 } } },
    ],
    ["signed before", "refuse signed-before", {}, { signed: { commandId: "other", isFresh: true } }],
    [
      "a step before its turn",
      "refuse out-of-order",
      { risk: "disruptive", command: { stepIndex: 1 } },
      { isPreviousSigned: false },
    ],
    ["too many in the fleet", "wait fleet-rate", {}, { limitReached: () => "fleet-rate" }],
    ["too many nodes", "wait spread", {}, { limitReached: (kind) => (kind === "change" ? "spread" : null) }],
    [
      "a look, where no more nodes may be changed",
      "sign",
      { command: { role: "evidence" } },
      { limitReached: (kind) => (kind === "change" ? "spread" : null) },
    ],
    [
      "too much evidence",
      "wait node-rate",
      { risk: "destructive", command: { role: "evidence" } },
      { limitReached: () => "node-rate" },
    ],
  ];
  it.each(cases)("%s: %s", (_name, expected, over, more) => expect(judge(over, more)).toBe(expected));

  it("stores once more what was signed before a crash, while it is fresh", () => {
    const id = randomUUID();
    const again = (isFresh: boolean) => judge({ command: { id } }, { signed: { commandId: id, isFresh } });
    expect([again(true), again(false)]).toEqual(["repeat", "refuse signed-before"]);
  });

  it("signs what was judged: defaults filled in, from the plan and the row alike", () => {
    expect(decide(inputsFor())).toMatchObject({
      do: "sign",
      action: {
        type: "module.restart",
        params: { module: "containerd", mode: "start", process: null, readyTimeoutMs: 30_000 },
      },
      risk: "safe",
      kind: "change",
      isFree: true,
    });
  });
});

describe("approval", () => {
  const two = ["user:anna", "user:olga"];
  const disruptive: Over = { risk: "disruptive" };
  const destructive: Over = { risk: "destructive" };

  it("disruptive: somebody other than the requester", () => {
    expect(judge(disruptive)).toBe("refuse not-approved");
    expect(judgeSigned(disruptive, ["user:anna"])).toBe("sign");
    expect(judgeSigned(disruptive, ["user:olga"])).toBe("refuse not-approved");
    expect(judgeSigned(disruptive, ["user:olga", "user:olga"])).toBe("refuse not-approved");
  });

  it("disruptive, asked for by a token of one's own: the owner is the requester", () => {
    const byToken: Over = { ...disruptive, run: { requestedBy: "token:t1", owner: "user:olga" } };
    expect(judgeSigned(byToken, ["user:olga"], { requestedBy: "token:t1" })).toBe("refuse not-approved");
    expect(judgeSigned(byToken, ["user:olga"], { requestedBy: "user:olga" })).toBe("refuse not-approved");
    expect(judgeSigned(byToken, ["user:anna"], { requestedBy: "user:olga" })).toBe("sign");
    expect(judgeSigned(byToken, ["user:anna"], { requestedBy: "token:t1" })).toBe("sign");
  });

  it("destructive: two persons", () => {
    const as = { risk: "destructive" as const };
    expect(judgeSigned(destructive, ["user:anna"], as)).toBe("refuse not-approved");
    expect(judgeSigned(destructive, ["user:anna", "user:anna"], as)).toBe("refuse not-approved");
    expect(judgeSigned(destructive, two, as)).toBe("sign");
  });

  it("one person alone signs for anything, also what they asked for", () => {
    const alone = { approvers: ["user:olga", "user:olga"] };
    expect(judgeSigned(disruptive, ["user:olga"], {}, alone)).toBe("sign");
    expect(judgeSigned(destructive, ["user:olga"], { risk: "destructive" }, alone)).toBe("sign");
    expect(judge(disruptive, alone)).toBe("refuse not-approved");
  });

  const wrong: [string, Partial<PlanStatement>][] = [
    ["of another run", { runId: randomUUID() }],
    ["for another node", { nodeId: randomUUID() }],
    ["for a node of another name", { nodeName: "node-8" }],
    ["for another repair", { repairId: "restart-container" }],
    ["over another plan", { planHash: "cd".repeat(32) }],
    ["that calls it safe", { risk: "safe" }],
    ["asked for by somebody else", { requestedBy: "user:zoe" }],
    ["that has expired", { expiresAt: NOW }],
    ["that is good for a day", { expiresAt: NOW + 86_400_000 }],
  ];
  it.each(wrong)("a signature %s does not count", (_name, over) => {
    expect(judgeSigned(disruptive, ["user:anna"], over)).toBe("refuse not-approved");
  });

  it("the risk is the worst of repair and actions, whatever the repair is called", () => {
    const [prune] = [{ type: "runtime.prune" as const, params: { runtime: "containerd", containers: [], images: [] } }];
    const disguised: Over = { plan: { ...plans.safe.plan, steps: [{ title: { en: "", zh: "" }, action: prune }] } };
    expect(judge(disguised)).toBe("refuse not-approved");
    // A harmless first step does not make the plan harmless.
    const later: Over = {
      plan: { ...plans.safe.plan, steps: [...plans.safe.plan.steps, { title: { en: "", zh: "" }, action: prune }] },
    };
    expect(judge(later)).toBe("refuse not-approved");
    expect(judgeSigned(later, ["user:anna"], { risk: "destructive" })).toBe("refuse not-approved");
    expect(judgeSigned(later, two, { risk: "destructive" })).toBe("sign");
    expect(judge({ risk: "disruptive", plan: plans.safe.plan })).toBe("refuse not-approved");
  });

  it("later steps of an accepted run need no second approval, another plan of it does", () => {
    const second = inputsFor({ ...disruptive, command: { stepIndex: 1 } });
    expect(say(decide({ ...second, acceptedHash: second.run?.planHash ?? "" }))).toBe("sign");
    expect(say(decide({ ...second, acceptedHash: "ef".repeat(32) }))).toBe("refuse plan-changed");
  });

  it("limits do not hold up what was approved", () => {
    expect(judgeSigned(disruptive, ["user:anna"], {}, { limitReached: () => "fleet-rate" })).toBe("sign");
  });

  it("an undo is approved as the repair that it undoes, over its own plan", () => {
    const undo: Over = { ...disruptive, run: { undoOfId: randomUUID() } };
    expect(judge(undo)).toBe("refuse not-approved");
    expect(judgeSigned(undo, ["user:anna"])).toBe("sign");
    const asRepair = inputsFor(undo);
    const hash = planHashOf({
      nodeId,
      findingId: "f1",
      repairId: plans.disruptive.repairId,
      plan: plans.disruptive.plan,
    });
    expect(say(decide({ ...asRepair, signatures: [signature(asRepair, "user:anna", { planHash: hash })] }))).toBe(
      "refuse not-approved",
    );
  });
});

describe("shells", () => {
  const open = (change: Record<string, unknown> = {}): Over => {
    const action = {
      type: "shell.open",
      params: { shellId: runId, process: null, namespaces: [], seconds: 600, maxBytes: 1_048_576, ...change },
    } as CommandAction;
    const title = { en: "Shell", zh: "终端" };
    return {
      repairId: "debug.shell",
      plan: { evidence: { sections: [] }, steps: [{ title, action }], touches: title },
    };
  };
  const allowed = { shells: { allow: true, maxMinutes: 10 } };

  it("open only where the dispatcher's own file allows them", () => {
    expect(judgeSigned(open(), ["user:anna"])).toBe("refuse shells-off");
    expect(judgeSigned(open(), ["user:anna"], {}, { shells: { allow: false, maxMinutes: 60 } })).toBe(
      "refuse shells-off",
    );
    expect(judgeSigned(open(), ["user:anna"], {}, allowed)).toBe("sign");
  });

  it("need somebody other than the requester", () => {
    expect(judge(open(), allowed)).toBe("refuse not-approved");
    expect(judgeSigned(open(), ["user:olga"], {}, allowed)).toBe("refuse not-approved");
  });

  it("are no longer than the file says, and nobody else's", () => {
    expect(judgeSigned(open({ seconds: 601 }), ["user:anna"], {}, allowed)).toBe("refuse shell-too-long");
    expect(judgeSigned(open({ shellId: randomUUID() }), ["user:anna"], {}, allowed)).toBe("refuse not-planned");
    expect(judgeSigned({ ...open(), repairId: "debug.report" }, ["user:anna"], {}, allowed)).toBe("refuse not-planned");
    const { repairId } = plans.disruptive;
    expect(judgeSigned({ ...open(), repairId }, ["user:anna"], {}, allowed)).toBe("refuse not-planned");
    const twice = open();
    const [step] = twice.plan?.steps ?? [];
    if (!twice.plan || !step) throw new Error("no step");
    expect(judgeSigned({ ...twice, plan: { ...twice.plan, steps: [step, step] } }, ["user:anna"], {}, allowed)).toBe(
      "refuse not-planned",
    );
  });
});

// Commands of rollouts: one case for each rule that only this rule catches – rows that were forged after the approval, approvals of something else, ways back
// that go forth. Every condition that is taken out lets one of them through.
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { changeHashOf, policyHashOf, sha256Of } from "../../changes/hashes.ts";
import { checkById } from "../../checks/index.ts";
import { canonicalJson } from "../../protocol/canonical-json.ts";
import type { CommandAction } from "../../protocol/commands.ts";
import type { RolloutStatement } from "../../protocol/statement.ts";
import type { Plan } from "../../repairs/define.ts";
import { repairs } from "../../repairs/index.ts";
import { planHashOf } from "../../repairs/plan-hash.ts";
import { defaultPolicy } from "../../rollout/policy.ts";
import { NOW as TEST_NOW } from "../../testing/facts.ts";
import { faultFacts } from "../../testing/fault-facts.ts";
import { accept, isFault, type RolloutRow, type RolloutSignature, targetsOf } from "./rollout-rules.ts";
import { type Decision, decide, type Inputs } from "./rules.ts";

const NOW = 1_700_000_000_000;
const rolloutId = randomUUID();
const runId = randomUUID();
const ids = Array.from({ length: 30 }, () => randomUUID());
const nodeId = ids[3] ?? "";
const title = { en: "step", zh: "步骤" };

const sysctl = { kind: "sysctl", params: { key: "vm.max_map_count", value: "262144" } };
const put: CommandAction = { type: "sysctl.put", params: { key: "vm.max_map_count", value: "262144" } };
const restore: CommandAction = { type: "sysctl.restore", params: { key: "vm.max_map_count", putValue: "262144" } };
const content = '{"live-restore":true}\n';
const file = {
  kind: "config-file",
  params: { path: "/etc/docker/daemon.json", content, mode: "644", restartModule: "docker" },
};
const filePut: CommandAction = {
  type: "file.put",
  params: { path: file.params.path, content, sha256: sha256Of(content), mode: "644" },
};
const fileBack: CommandAction = {
  type: "file.restore",
  params: { path: file.params.path, putSha256: sha256Of(content) },
};
const restart: CommandAction = {
  type: "module.restart",
  params: { module: "docker", mode: "restart", process: null, readyTimeoutMs: 60_000 },
};
const prewarm = { kind: "image-prewarm", params: { images: ["busybox:1"], runtime: null } };
const pull: CommandAction = {
  type: "image.pull",
  params: { runtime: "containerd", image: "busybox:1", timeoutMs: 500_000 },
};

const policyOf = (lane: "normal" | "fast") =>
  defaultPolicy({ risk: "disruptive", count: ids.length, lane, isReversible: true });

/** As the planner writes it. */
function rowOf(
  change: { kind: string; params: object },
  over: Partial<RolloutRow> & { nodes?: string[] } = {},
): RolloutRow {
  const { nodes = ids, ...more } = over;
  const lane = over.lane === "fast" ? "fast" : "normal";
  return {
    id: rolloutId,
    title: "more maps",
    change,
    changeHash: changeHashOf(change),
    policy: policyOf(lane),
    policyHash: policyHashOf(policyOf(lane)),
    lane,
    origin: "person",
    targetHash: targetsOf(nodes).hash,
    targetCount: nodes.length,
    phase: "running",
    requestedBy: "user:olga",
    owner: null,
    ...more,
  };
}

const sign = (row: RolloutRow, person: string, over: Partial<RolloutStatement> = {}): RolloutSignature => ({
  person,
  keyId: `key of ${person}`,
  challenge: randomUUID(),
  statement: {
    v: 1,
    kind: "rollout",
    rolloutId: row.id,
    title: row.title,
    change: (row.change as { kind: string }).kind,
    changeHash: row.changeHash,
    targetHash: row.targetHash,
    targetCount: row.targetCount,
    policyHash: row.policyHash,
    lane: row.lane as "normal",
    risk: "disruptive",
    requestedBy: "user:olga",
    expiresAt: NOW + 60_000,
    ...over,
  },
});

const approvers = ["user:anna", "user:bert", "user:olga"];
function tryAccept(row: RolloutRow, signatures: RolloutSignature[], nodes = ids, who = approvers): string {
  const answer = accept({ row, targets: targetsOf(nodes), signatures, approvers: who, now: NOW });
  return isFault(answer) ? answer.code : answer.by.map(({ person }) => person).join("+");
}

describe("an approval", () => {
  const row = rowOf(sysctl);
  const anna = sign(row, "user:anna");
  const images = rowOf(prewarm);
  const few = rowOf(prewarm, { nodes: ids.slice(0, 3) });
  const fast = rowOf(sysctl, { lane: "fast" });
  const lost = { kind: "repair", params: { repairId: "end-lost-container", checkId: "container-lost" } };
  const destructive = rowOf(lost);
  const dead = (person: string) => sign(destructive, person, { risk: "destructive" });

  it.each<[string, string, string]>([
    ["one other person", tryAccept(row, [anna]), "user:anna"],
    ["nobody", tryAccept(row, []), "not-approved"],
    ["the requester alone", tryAccept(row, [sign(row, "user:olga")]), "not-approved"],
    ["the requester by a token", tryAccept({ ...row, owner: "user:anna" }, [anna]), "not-approved"],
    ["the requester, where nobody else can", tryAccept(row, [sign(row, "user:olga")], ids, ["user:olga"]), "user:olga"],
    ["many nodes of something safe", tryAccept(images, [sign(images, "user:anna", { risk: "safe" })]), "user:anna"],
    ["many nodes of something safe, by nobody", tryAccept(images, []), "not-approved"],
    ["few nodes of something safe, by nobody", tryAccept(few, [], ids.slice(0, 3)), "not-approved"],
    ["fast lane, one", tryAccept(fast, [sign(fast, "user:anna")]), "not-approved"],
    ["fast lane, two", tryAccept(fast, [sign(fast, "user:anna"), sign(fast, "user:olga")]), "user:anna+user:olga"],
    [
      "fast lane, one of them twice",
      tryAccept(fast, [sign(fast, "user:anna"), sign(fast, "user:anna")]),
      "not-approved",
    ],
    ["destructive, one", tryAccept(destructive, [dead("user:anna")]), "not-approved"],
    ["destructive, two", tryAccept(destructive, [dead("user:anna"), dead("user:bert")]), "user:anna+user:bert"],
  ])("%s", (_name, is, wanted) => expect(is).toBe(wanted));

  const hash = "0".repeat(64);
  it.each<[string, Partial<RolloutStatement>]>([
    ["another rollout", { rolloutId: randomUUID() }],
    ["another title", { title: "nothing at all" }],
    ["another kind", { change: "label" }],
    ["another change", { changeHash: hash }],
    ["other nodes", { targetHash: hash }],
    ["fewer nodes", { targetCount: 1 }],
    ["another policy", { policyHash: hash }],
    ["another lane", { lane: "fast" }],
    ["a smaller risk", { risk: "safe" }],
    ["somebody else's wish", { requestedBy: "user:mallory" }],
    ["a time that is over", { expiresAt: NOW }],
    ["no end in sight", { expiresAt: NOW + 7_200_000 }],
  ])("is worth nothing when it is for %s", (_name, over) => {
    expect(tryAccept(row, [sign(row, "user:anna", over)])).toBe("not-approved");
  });

  it.each<[string, string, string]>([
    ["a change that its hash does not name", tryAccept({ ...row, change: prewarm }, [anna]), "change-changed"],
    ["a policy that its hash does not name", tryAccept({ ...row, policy: policyOf("fast") }, [anna]), "policy-changed"],
    ["a lane that is not the policy's", tryAccept({ ...row, lane: "fast" }, [anna]), "lane-changed"],
    ["one node more", tryAccept(row, [anna], [...ids, randomUUID()]), "targets-changed"],
    ["one node less", tryAccept(row, [anna], ids.slice(1)), "targets-changed"],
    [
      "a count that is not theirs",
      tryAccept({ ...row, targetCount: 3 }, [sign({ ...row, targetCount: 3 }, "user:anna")]),
      "targets-changed",
    ],
    ["no node", tryAccept(rowOf(sysctl, { nodes: [] }), [anna], []), "no-targets"],
    ["an unknown kind", tryAccept(rowOf({ kind: "shell", params: {} }), [anna]), "malformed"],
    [
      "bad parameters",
      tryAccept(rowOf({ kind: "sysctl", params: { key: "kernel.modprobe", value: "1" } }), [anna]),
      "malformed",
    ],
    ["no change", tryAccept({ ...row, change: null }, [anna]), "malformed"],
    // Signed as they are: whoever draws the page that is signed could ask for more than any plan may be.
    ...(
      [
        ["that grows without end", { growth: 1_000 }],
        ["that begins with everything", { first: 1_000_000 }],
        ["without a soak", { soakMs: 0 }],
        ["without a first wave", { first: "1" }],
        ["without a judge", { judge: undefined }],
      ] as const
    ).map(([name, over]): [string, string, string] => {
      const policy = { ...policyOf("normal"), ...over };
      const odd = { ...row, policy, policyHash: policyHashOf(policy) };
      return [`a policy ${name}`, tryAccept(odd, [sign(odd, "user:anna")]), "malformed"];
    }),
  ])("is not taken for rows with %s", (_name, is, wanted) => expect(is).toBe(wanted));
});

type Over = {
  row?: Partial<RolloutRow>;
  change?: { kind: string; params: object };
  nodes?: string[];
  steps?: CommandAction[];
  stepIndex?: number;
  role?: string;
  direction?: string;
  node?: string;
  isOver?: boolean;
  /** What was accepted, where it is not what the row says. */
  accepted?: object | null;
  inputs?: Partial<Inputs>;
};

/** A command of a run that is part of the rollout, as an honest engine writes it but for what is told. */
function judge(over: Over = {}): string {
  const {
    change = sysctl,
    nodes = ids,
    steps = [put],
    stepIndex = 0,
    role = "step",
    direction = "apply",
    node = nodeId,
  } = over;
  const approved = rowOf(change, { nodes });
  const row = { ...approved, ...over.row };
  const plan: Plan = {
    evidence: { sections: ["kmsg"] },
    steps: steps.map((action) => ({ title, action })),
    touches: title,
  };
  const action =
    role === "evidence" ? { type: "evidence.capture", params: plan.evidence } : plan.steps[stepIndex]?.action;
  const repairId = `change/${change.kind}`;
  const decision: Decision = decide({
    now: NOW,
    frozenEpoch: null,
    command: {
      id: randomUUID(),
      repairId: runId,
      nodeId: node,
      role,
      stepIndex,
      type: action?.type ?? "",
      params: action?.params,
      queuedAt: NOW - 1_000,
    },
    run: {
      repairId,
      nodeId: node,
      findingId: null,
      undoOfId: null,
      plan,
      planHash: planHashOf({ nodeId: node, findingId: null, repairId, plan }),
      state: "running",
      requestedBy: "user:olga",
      owner: null,
      rolloutId,
      direction,
    },
    node: { name: "node-7", isRevoked: false, isQuarantined: false },
    approvers,
    rollout: {
      row,
      targets: targetsOf(nodes),
      isOver: over.isOver ?? false,
      accepted:
        over.accepted === null
          ? null
          : {
              rolloutId,
              changeHash: approved.changeHash,
              targetHash: approved.targetHash,
              policyHash: approved.policyHash,
              lane: "normal",
              risk: "disruptive",
              ...over.accepted,
            },
    },
    signatures: [],
    acceptedHash: null,
    signed: null,
    isPreviousSigned: false,
    limitReached: () => null,
    rolloutHolds: () => null,
    ...over.inputs,
  });
  return decision.do === "sign"
    ? decision.isFree
      ? "free"
      : "sign"
    : "code" in decision
      ? decision.code
      : decision.do;
}

describe("a command of an approved rollout", () => {
  const both = [filePut, restart];
  const back = [fileBack, restart];
  const other: CommandAction = { type: "sysctl.put", params: { key: "vm.max_map_count", value: "262145" } };
  const elsewhere: CommandAction = { type: "sysctl.put", params: { key: "vm.swappiness", value: "10" } };
  const cases: [string, string, Over][] = [
    ["its own", "sign", {}],
    ["evidence", "sign", { role: "evidence" }],
    [
      "forth in the second step, when the first was signed",
      "sign",
      { change: file, steps: both, stepIndex: 1, inputs: { isPreviousSigned: true } },
    ],
    ["the second step before the first", "out-of-order", { change: file, steps: both, stepIndex: 1 }],
    ["on a node that is none of its own", "not-a-target", { node: randomUUID() }],
    ["evidence on a node that is none of its own", "not-a-target", { node: randomUUID(), role: "evidence" }],
    ["another value", "not-covered", { steps: [other] }],
    ["another setting", "not-covered", { steps: [elsewhere] }],
    ["another step behind its own", "not-covered", { steps: [put, other] }],
    ["the way back, on the way forth", "not-covered", { steps: [restore] }],
    ["the way forth, called back", "not-covered", { direction: "revert" }],
    ["nowhere", "no-direction", { direction: "sideways" }],
    [
      "change swapped, hash and all",
      "rollout-changed",
      { row: { change: elsewhereChange(), changeHash: changeHashOf(elsewhereChange()) }, steps: [elsewhere] },
    ],
    ["change swapped", "change-changed", { row: { change: elsewhereChange() }, steps: [elsewhere] }],
    [
      "a node more, hash and all",
      "rollout-changed",
      {
        nodes: [...ids, "0193d7a0-0000-7000-8000-000000000001"],
        node: "0193d7a0-0000-7000-8000-000000000001",
        accepted: { targetHash: targetsOf(ids).hash },
      },
    ],
    ["a node more in the row only", "targets-changed", { row: { targetHash: targetsOf([...ids, randomUUID()]).hash } }],
    [
      "lane changed with its policy",
      "rollout-changed",
      { row: { lane: "fast", policy: policyOf("fast"), policyHash: policyHashOf(policyOf("fast")) } },
    ],
    ["lane changed", "lane-changed", { row: { lane: "fast" } }],
    ["growth changed", "policy-changed", { row: { policy: { ...policyOf("normal"), growth: 1_000 } } }],
    [
      "growth changed with its hash",
      "rollout-changed",
      {
        row: {
          policy: { ...policyOf("normal"), growth: 2.5 },
          policyHash: policyHashOf({ ...policyOf("normal"), growth: 2.5 }),
        },
      },
    ],
    ["with its own step twice", "step-twice", { change: file, steps: [filePut, restart, restart] }],
    ["evidence of a plan with a step twice", "step-twice", { steps: [put, put], role: "evidence" }],
    ["of a rollout that was over", "rollout-over", { isOver: true }],
    ["back, of a rollout that was over", "rollout-over", { isOver: true, direction: "revert", steps: [restore] }],
    ["of a wave that comes too early", "pace", { inputs: { rolloutHolds: () => "pace" } }],
    ["on a node once too often", "too-often", { inputs: { rolloutHolds: () => "too-often" } }],
    ["under the approval of another rollout", "rollout-changed", { accepted: { rolloutId: randomUUID() } }],
    ["of another risk", "rollout-changed", { accepted: { risk: "safe" } }],
    ["never approved", "not-approved", { accepted: null }],
    ["of a run that names another rollout", "no-rollout", { row: { id: randomUUID() } }],
    ["of a rollout that is gone", "no-rollout", { inputs: { rollout: null } }],
    ["while the fleet is frozen", "frozen", { inputs: { frozenEpoch: 3 } }],
    ["of a run that was signed before", "signed-before", { inputs: { signed: { commandId: "x", isFresh: true } } }],
    ["called the run of one node", "unknown-repair", { row: { origin: "single" } }],
    ["back", "sign", { direction: "revert", steps: [restore] }],
    ["back with its restart", "sign", { change: file, direction: "revert", steps: back }],
    [
      "back to something else",
      "not-covered",
      { direction: "revert", steps: [{ type: "sysctl.restore", params: { key: "vm.max_map_count", putValue: "1" } }] },
    ],
  ];
  it.each(cases)("%s: %s", (_name, wanted, over) => expect(judge(over)).toBe(wanted));

  function elsewhereChange() {
    return { kind: "sysctl", params: { key: "vm.swappiness", value: "10" } };
  }

  const phases = [
    "draft",
    "planned",
    "approved",
    "running",
    "paused",
    "halted",
    "rolling-back",
    "rolled-back",
    "succeeded",
    "aborted",
  ];
  const forth = ["running"];
  const backwards = ["running", "paused", "halted", "rolling-back"];
  it.each(phases)("in phase %s", (phase) => {
    const no = "rollout-not-active";
    expect(judge({ row: { phase } })).toBe(forth.includes(phase) ? "sign" : no);
    expect(judge({ row: { phase }, direction: "revert", steps: [restore] })).toBe(
      backwards.includes(phase) ? "sign" : no,
    );
    // Half an act is worse than a whole one: what was begun is brought to its end while the rollout is not over.
    const begun: Over = { change: file, steps: both, stepIndex: 1, row: { phase }, inputs: { isPreviousSigned: true } };
    expect(judge(begun)).toBe(backwards.includes(phase) ? "sign" : no);
    // … and nothing is called begun that is not.
    if (phase === "running") return;
    expect(judge({ ...begun, inputs: { isPreviousSigned: false } })).toBe(no);
    expect(judge({ ...begun, stepIndex: 0 })).toBe(no);
  });
});

it("no plan of the catalogue has a step twice, so that none is refused for it", () => {
  let plans = 0;
  for (const [checkId, cases] of Object.entries(faultFacts))
    for (const { facts } of cases ?? []) {
      const outcome = checkById(checkId)?.evaluate(facts, TEST_NOW);
      for (const { subject, params } of outcome?.status === "problems" ? outcome.problems : [])
        for (const repair of repairs.filter(({ verifies }) => verifies.includes(checkId))) {
          const finding = { checkId, subject, params };
          const plan = repair.plan({ node: { id: nodeId, name: "node-7" }, facts, now: TEST_NOW, finding });
          if ("nothing" in plan) continue;
          plans += 1;
          const steps = plan.steps.map(({ action }) => canonicalJson(action));
          expect([repair.id, new Set(steps).size]).toEqual([repair.id, steps.length]);
        }
    }
  expect(plans).toBeGreaterThan(50);
});

describe("a rollout that nobody approved", () => {
  const few = ids.slice(0, 10);
  const node = few[0] ?? "";
  const small: Over = { change: prewarm, nodes: few, steps: [pull], accepted: null, node };

  it("goes where it is safe, small and not in a hurry, within the limits of what is free", () => {
    expect(judge(small)).toBe("free");
    expect(judge({ ...small, inputs: { limitReached: () => "spread" } })).toBe("spread");
    expect(judge({ ...small, nodes: ids.slice(0, 11) })).toBe("not-approved");
    expect(
      judge({ ...small, row: { lane: "fast", policy: policyOf("fast"), policyHash: policyHashOf(policyOf("fast")) } }),
    ).toBe("not-approved");
    expect(judge({ nodes: few, accepted: null, node })).toBe("not-approved");
  });

  it("shows no evidence of what may not go", () => {
    expect(judge({ nodes: few, accepted: null, node, role: "evidence" })).toBe("not-approved");
  });
});

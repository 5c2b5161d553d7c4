// The main road on the whole product: a real fault on a real node → the right finding with evidence → repair → verified, and nothing else touched.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CaseDetail } from "../server/diagnosis/schema.ts";
import type { FindingDetail, FindingList } from "../server/findings/schema.ts";
import type { NodeList } from "../server/nodes/schema.ts";
import type { RepairDetail } from "../server/repairs/schema.ts";
import { type Stack, startStack, until } from "../testing/stack.ts";
import { inside } from "./boot.ts";
import { nodeSocket, withCri } from "./cri.ts";
import { faults } from "./faults/catalogue.ts";
import { ownTroubles } from "./own-troubles.fixture.ts";
import { containerPid, removePods, runningContainer, standingPods, startPod } from "./pods.ts";
import { missingTools } from "./requirements.ts";
import { badChange, breaksCni } from "./rollouts/bad.fixture.ts";
import { Chaos } from "./rollouts/chaos.fixture.ts";
import { Scene } from "./rollouts/scene.fixture.ts";
import { loadState } from "./state.ts";

const missing = await missingTools();
const skipped = missing.length > 0 ? ` (skipped: the lab needs ${missing.join(", ")})` : "";

/** Promised in the README: a fault is found within this. */
const FOUND_WITHIN_MS = 60_000;
/** A runtime that is down is found sooner. */
const RUNTIME_DOWN_WITHIN_MS = 15_000;
const NODES = 3;
/** The first of the catalogue, each with every detail; the drill (drill.lab.test.ts) walks them all. */
const ROAD_FAULTS = 4;

describe.skipIf(missing.length > 0)(`the road${skipped}`, () => {
  let stack: Stack;

  const nodes = async (): Promise<NodeList["rows"]> => (await stack.json<NodeList>(["nodes"])).rows;
  const findings = async (node: string): Promise<FindingList["rows"]> =>
    (await stack.json<FindingList>(["findings", "--node", node])).rows;
  /** Nodes that a failed test left behind. They say nothing about the faults of other nodes; the last test wants them healthy too. */
  const sick = new Set<string>();
  const healthy = (rows: NodeList["rows"]): true => {
    if (rows.every((n) => n.state === "healthy")) return true;
    throw new Error(rows.map((n) => `${n.name} ${n.state} (${n.stateReason})`).join(", "));
  };
  const allHealthy = async (): Promise<true | undefined> => {
    const rows = await nodes();
    return rows.length === NODES ? healthy(rows) : undefined;
  };
  /** All but those that an earlier test left sick; the named one in any case. */
  const restHealthy = (node: string) => async (): Promise<true> => {
    const rows = (await nodes()).filter((n) => n.name === node || !sick.has(n.name));
    expect(rows.map((n) => n.name)).toContain(node);
    return healthy(rows);
  };
  /** Takes the fault back by hand, so that what follows on this node is judged by itself; the test has failed all the same. */
  const leave = async (node: string, fault: string): Promise<void> => {
    sick.add(node);
    const { code, stdout, stderr } = await stack.cli(["lab", "heal", node, fault]);
    console.log(`${fault} on ${node} failed; heal: exit ${code} ${(stdout || stderr).trim()}`);
    const isWell = until(`${node} healthy after heal`, 60_000, async () => {
      healthy((await nodes()).filter((n) => n.name === node));
      return (await findings(node)).length === 0 ? true : undefined;
    });
    await isWell.then(
      () => sick.delete(node),
      (err: unknown) => console.log(String(err)),
    );
  };
  /** Pids of the pods' first processes as the machine sees them, read from the runtime itself. */
  const podPids = async (name: string, but: readonly string[]): Promise<Record<string, number>> => {
    const node = (await loadState(stack.dataDir))?.nodes.find((n) => n.name === name) ?? expect.fail(`no ${name}`);
    return withCri(nodeSocket(node.pid), async (cri) => {
      const pids: Record<string, number> = {};
      for (const pod of standingPods.filter((p) => !but.includes(p.name)))
        pids[pod.name] = await containerPid(cri, (await runningContainer(cri, pod.name)).id);
      return pids;
    });
  };

  beforeAll(async () => {
    stack = await startStack();
    await stack.json(["lab", "up", "--nodes", String(NODES)]);
    await until("all nodes healthy", 90_000, allHealthy);
  }, 900_000);
  afterAll(() => stack?.down(), 120_000);

  it("nodes are listed with their real kernel, runtimes and pods", async () => {
    for (const node of await nodes()) {
      expect(node).toMatchObject({ isConnected: true, podCount: standingPods.length });
      expect(node.kernel).toMatch(/^\d+\.\d+/);
      expect(node.runtimes).toMatch(/^containerd 1\./);
    }
  });

  const judge = async (fault: (typeof faults)[number], node: string): Promise<void> => {
    const touched = [...(fault.touches ?? [])];
    const before = await podPids(node, touched);
    const at = Date.now();
    await stack.json(["lab", "fault", node, fault.id]);
    const found = await until(
      `a finding of ${fault.check}`,
      fault.id === "runtime-down" ? RUNTIME_DOWN_WITHIN_MS : FOUND_WITHIN_MS,
      async () => (await findings(node)).find((f) => f.checkId === fault.check && f.state === "open"),
    );
    const tookMs = Date.now() - at;
    expect((await findings(node)).map((f) => f.checkId)).toEqual([fault.check]);
    const detail = await stack.json<FindingDetail>(["findings", found.id]);
    expect(detail.evidence.length).toBeGreaterThan(0);
    expect(detail.repairs.length).toBeGreaterThan(0);

    const repair = await stack.json<RepairDetail>(["repair", found.id, "--yes"], 170_000);
    expect(repair.outcome, JSON.stringify(repair.commands.map((c) => c.result))).not.toBeNull();
    expect(repair.state).toBe("succeeded");
    const evidence = repair.commands.find((c) => c.role === "evidence");
    expect(evidence?.state).toBe("done");
    for (const step of repair.commands.filter((c) => c.role === "step")) expect(step.state).toBe("done");

    await until("healthy again", 60_000, restHealthy(node));
    expect(await podPids(node, touched)).toEqual(before);
    console.log(
      `${fault.id}: found after ${(tookMs / 1000).toFixed(1)} s, healthy after ${((Date.now() - at) / 1000).toFixed(1)} s`,
    );
  };

  // One node a fault, in turn, so that what a fault leaves behind would show in the next. The drill (drill.lab.test.ts) has all faults.
  it.each(faults.slice(0, ROAD_FAULTS).map((fault, i) => ({ fault, node: `lab-${(i % NODES) + 1}` })))(
    "$fault.id on $node is found, repaired and verified",
    async ({ fault, node }) => {
      try {
        await judge(fault, node);
      } catch (err) {
        await leave(node, fault.id);
        throw err;
      }
    },
    420_000,
  );

  // At length, with more nodes and more kinds of harm: rollouts.proof.test.ts.
  it("a bad change is halted after one node and taken back by itself, with workers, gateway and database killed meanwhile", async () => {
    await until("all nodes healthy", 60_000, allHealthy);
    const scene = await Scene.of(stack);
    const names = scene.fleet.map((n) => n.name);
    await badChange(scene, new Chaos(scene), names, breaksCni());
    scene.tell();
  });

  it.each(ownTroubles)("who asks about a pod with a trouble of its own is told so: $title", async ({ pod, cause }) => {
    const { name, pid } = (await loadState(stack.dataDir))?.nodes[1] ?? expect.fail("no second node");
    const socket = nodeSocket(pid);
    const { container } = await withCri(socket, (cri) => startPod(cri, name, inside(pid, "/var/log"), pod));
    try {
      const told = await until("an answer that is sure", FOUND_WITHIN_MS, async () => {
        const { code, stdout } = await stack.cli(["diagnose", "--container", container, "--node", name, "--json"]);
        const detail = code === 0 ? (JSON.parse(stdout) as CaseDetail) : null;
        return detail && !detail.verdict.isWell ? detail : undefined;
      });
      expect(told.verdict, JSON.stringify(told.observations)).toMatchObject({ side: "yours" });
      expect(told.causes[0]?.id).toBe(cause);
    } finally {
      await withCri(socket, (cri) => removePods(cri, pod.name));
    }
  });

  it("after all faults every node is healthy and runs its pods", async () => {
    await until("all nodes healthy", 60_000, allHealthy);
    for (const { name } of await nodes())
      expect(Object.keys(await podPids(name, []))).toEqual(standingPods.map((p) => p.name));
  });
});

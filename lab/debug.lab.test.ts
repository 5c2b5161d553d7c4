// The debugger on real nodes: whatever is broken, the report comes all the same and shows it among its first lines.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DebugDetail } from "../server/debug/schema.ts";
import type { NodeList } from "../server/nodes/schema.ts";
import { type Stack, startStack, until } from "../testing/stack.ts";
import { inside } from "./boot.ts";
import { nodeSocket, withCri } from "./cri.ts";
import { tryInNode } from "./exec.ts";
import { type PodSpec, removePods, runningContainer, standingPods, startPod } from "./pods.ts";
import { missingTools } from "./requirements.ts";
import { loadState } from "./state.ts";

const missing = await missingTools();
const skipped = missing.length > 0 ? ` (skipped: the lab needs ${missing.join(", ")})` : "";

const NODE = "lab-1";
/** What "in its first screen" means. */
const FIRST = 3;

/** tail keeps what it cannot send on: it grows beyond the limit at once and is killed; the shell that waits for it lives. */
const greedyPod: PodSpec = {
  name: "report-builder",
  container: "builder",
  handler: "runc",
  labels: { app: "report-builder", tier: "batch" },
  memoryBytes: 33_554_432,
  script: "tail /dev/zero; exec sleep 1000000",
};

describe.skipIf(missing.length > 0)(`the debugger${skipped}`, () => {
  let stack: Stack;
  let pid: number;

  const debug = async (...more: string[]): Promise<DebugDetail> => {
    const { code, stdout, stderr } = await stack.cli(["debug", "--node", NODE, ...more, "--json"], 90_000);
    if (code !== 0 && code !== 4) throw new Error(`exit ${code}\n${stdout.slice(-2_000)}\n${stderr}`);
    const detail: DebugDetail = JSON.parse(stdout);
    const { abnormal, report } = detail;
    console.log(more.length > 0 ? "container" : "node", report?.tookMs, abnormal.map(({ rule }) => rule).join(" "));
    return detail;
  };
  const first = ({ abnormal }: DebugDetail): string[] => abnormal.slice(0, FIRST).map(({ rule }) => rule);
  const containerOf = (pod: string): Promise<string> =>
    withCri(nodeSocket(pid), async (cri) => (await runningContainer(cri, pod)).id);
  const during = async (fault: string, look: () => Promise<void>): Promise<void> => {
    await stack.json(["lab", "fault", NODE, fault]);
    try {
      await look();
    } finally {
      await stack.json(["lab", "heal", NODE, fault]);
    }
  };

  beforeAll(async () => {
    stack = await startStack();
    await stack.json(["lab", "up", "--nodes", "1"]);
    await until("the node is healthy", 90_000, async () => {
      const { rows } = await stack.json<NodeList>(["nodes"]);
      return rows[0]?.state === "healthy" ? true : undefined;
    });
    pid = (await loadState(stack.dataDir))?.nodes.find(({ name }) => name === NODE)?.pid ?? expect.fail("no node");
  }, 900_000);
  afterAll(() => stack?.down(), 120_000);

  it.each(standingPods.map(({ name, handler }) => [name, handler] as const))(
    "%s (%s) is read whole, and nothing critical is seen",
    async (pod, handler) => {
      const { report, abnormal } = await debug("--container", await containerOf(pod));
      if (!report) return expect.fail("no report");
      // The lab's pods have no name server that answers, and the report rightly says so.
      const critical = abnormal.filter(({ severity, rule }) => severity === "critical" && rule !== "dns-silent");
      expect(critical).toEqual([]);
      expect(report.sandbox).toBe(handler === "runsc" ? "gvisor" : "none");
      expect(report.processes.value?.list.length).toBeGreaterThan(0);
      expect(report.container.value).toMatchObject({ state: "running", handler });
      expect(report.shims.value).toMatchObject([{ isAnswering: true }]);
      expect(report.log.value, report.log.error ?? "").not.toBeNull();
      expect(report.network.value?.isOwn).toBe(true);
      if (handler !== "runsc") {
        expect(report.cgroups.value?.[0]?.pids).toBeGreaterThan(0);
        expect(report.mounts.value?.length).toBeGreaterThan(0);
        expect(report.environment.value?.length).toBeGreaterThan(0);
      }
      expect(report.tookMs).toBeLessThan(10_000);
    },
    120_000,
  );

  it("a runtime that is stopped holds no report up, and stands first", async () => {
    const id = await containerOf("shop-web");
    await during("runtime-hung", async () => {
      expect(first(await debug())).toContain("runtime-stopped");
      const detail = await debug("--container", id);
      expect(first(detail)).toContain("runtime-stopped");
      expect(detail.report?.processes.value?.list.length).toBeGreaterThan(0);
      expect(detail.verdict?.side).toBe("ours");
    });
  }, 180_000);

  it("a stopped shim", async () => {
    const id = await containerOf("batch-report");
    await during("shim-hung", async () => {
      expect(first(await debug("--container", id))).toContain("shim-stopped");
      expect(first(await debug())).toContain("shim-stopped");
    });
  }, 180_000);

  it("a dead lxcfs", async () => {
    const id = await containerOf("shop-web");
    await during("lxcfs-dead", async () => {
      expect(first(await debug("--container", id))).toContain("lxcfs-dead");
      expect(first(await debug())).toContain("lxcfs-dead");
    });
  }, 180_000);

  it("a full pid cgroup", async () => {
    await during("pids-limit", async () => {
      expect(first(await debug("--container", await containerOf("queue-worker")))).toContain("pids-full");
    });
  }, 180_000);

  it("a child that the kernel killed for want of memory", async () => {
    const { container } = await withCri(nodeSocket(pid), (cri) =>
      startPod(cri, NODE, inside(pid, "/var/log"), greedyPod),
    );
    try {
      const detail = await until("the kill is seen", 30_000, async () => {
        const seen = await debug("--container", container);
        return first(seen).includes("oom-killed") ? seen : undefined;
      });
      expect(detail.causes[0]?.id).toBe("oom-kill");
    } finally {
      await withCri(nodeSocket(pid), (cri) => removePods(cri, greedyPod.name));
    }
  }, 180_000);

  it("a file system that became read-only under a mount that may write", async () => {
    // What was bound before keeps its own "rw", as every mount does when an error turns its file system read-only.
    const made =
      "mkdir -p /mnt/shop /mnt/shop-data; mount -t tmpfs -o size=4m shop /mnt/shop; mount --bind /mnt/shop /mnt/shop-data; mount -o remount,ro /mnt/shop; grep /mnt/shop /proc/self/mountinfo";
    const { stdout } = await tryInNode(pid, made);
    try {
      const { abnormal } = await debug();
      expect(
        abnormal.slice(0, FIRST).map(({ rule }) => rule),
        stdout,
      ).toContain("read-only");
    } finally {
      await tryInNode(pid, "umount /mnt/shop-data; umount /mnt/shop");
    }
  }, 120_000);
});

// kill -9 of each process of the product, one at a time, in the middle of a repair: it ends exactly once, nothing acknowledged is lost,
// and no node is falsely called not reporting.
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FindingList, isPresent } from "../server/findings/schema.ts";
import type { NodeList } from "../server/nodes/schema.ts";
import type { RepairDetail } from "../server/repairs/schema.ts";
import { isOver } from "../server/repairs/schema.ts";
import { type Stack, startStack, until } from "../testing/stack.ts";
import { inNode } from "./exec.ts";
import { missingTools } from "./requirements.ts";
import { loadState } from "./state.ts";

const missing = await missingTools();
const skipped = missing.length > 0 ? ` (skipped: the lab needs ${missing.join(", ")})` : "";

const VICTIMS = ["web", "gateway", "workers", "dispatcher", "postgres", "agent"] as const;

describe.skipIf(missing.length > 0)(`chaos${skipped}`, () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack();
    await stack.json(["lab", "up", "--nodes", "1"]);
    await healthy();
  }, 900_000);
  afterAll(() => stack?.down(), 120_000);

  const healthy = (): Promise<true> =>
    until<true>("lab-1 healthy", 120_000, async () => {
      const { rows } = await stack.json<NodeList>(["nodes"]);
      if (rows.length === 1 && rows[0]?.state === "healthy") return true;
      throw new Error(rows.map((n) => `${n.name} ${n.state} (${n.stateReason})`).join(", "));
    });

  async function killHard(victim: (typeof VICTIMS)[number]): Promise<number> {
    if (victim === "agent") {
      const node = (await loadState(stack.dataDir))?.nodes[0] ?? expect.fail("no node");
      const pid = (await inNode(node.pid, "pgrep -f 'nodeops-agent.mjs run' | head -n 1")).trim();
      await inNode(node.pid, `kill -9 ${pid}`);
      return Number(pid);
    }
    const { processes } = JSON.parse((await stack.cli(["status", "--json"])).stdout) as {
      processes: { name: string; pid: number | null }[];
    };
    const pid = processes.find((p) => p.name === victim)?.pid ?? expect.fail(`no ${victim}`);
    process.kill(pid, "SIGKILL");
    return pid;
  }

  it.each(VICTIMS)(
    "kill -9 of %s during a repair",
    async (victim) => {
      await stack.json(["lab", "fault", "lab-1", "cni-broken"]);
      const found = await until("the finding", 60_000, async () =>
        (await stack.json<FindingList>(["findings"])).rows.find(
          (f) => f.checkId === "cni-broken" && isPresent(f.state),
        ),
      );
      const started = await stack.json<RepairDetail>(["repair", found.id, "--yes", "--no-wait"]);
      const killed = await killHard(victim);

      const repair = await until(
        "the repair is over",
        170_000,
        async () => {
          const now = await stack.json<RepairDetail>(["repairs", started.id]);
          return isOver(now.state) ? now : undefined;
        },
        1_000,
      );
      expect(repair.state, JSON.stringify({ outcome: repair.outcome, commands: repair.commands })).toBe("succeeded");
      // One command a step, as the center counts; that an agent runs a command at most once is the journal's own test (agent/commands/desk.test.ts).
      const steps = repair.commands.filter((c) => c.role === "step");
      expect(steps).toHaveLength(repair.plan.steps.length);
      await healthy();
      const changes = await stack.json<{ events: { kind: string; title: { en: string } }[] }>([
        "node",
        "timeline",
        "lab-1",
      ]);
      expect(changes.events.filter((e) => e.kind === "state").map((e) => e.title.en)).not.toContain("Not reporting");
      if (victim !== "agent")
        expect(
          await readFile(`/proc/${killed}/stat`, "utf8").then(
            (s) => !s.includes("Z"),
            () => false,
          ),
        ).toBe(false);
      const { isWell } = JSON.parse((await stack.cli(["status", "--json"])).stdout) as { isWell: boolean };
      expect(isWell).toBe(true);
    },
    300_000,
  );
});

// What a log check adds to its rule: counting in the window, what stands and what is over, unknown where nobody reads the log, causes.
import { describe, expect, it } from "vitest";
import { logRules } from "../../log-rules/list.ts";
import { problemsOf, unknownOf } from "../../testing/catalogue.ts";
import { aModule, NOW, nodeFacts } from "../../testing/facts.ts";
import { logMatchesOf } from "../../testing/faults-logs.ts";
import { checkById } from "../index.ts";
import { reachedAt } from "./from-rule.ts";
import { logsChecks } from "./list.ts";

function check(id: string) {
  const found = checkById(id);
  if (!found) throw new Error(`no check ${id}`);
  return found;
}

describe("reachedAt", () => {
  const count = { times: 3, withinMs: 100 };
  it.each([
    ["one is enough unless told", {}, [5], 5],
    ["too few", { count }, [1, 2], null],
    ["just in time", { count }, [0, 50, 100], 100],
    ["just too far apart", { count }, [0, 50, 101], null],
    ["the last time it held", { count }, [0, 1, 2, 500], 2],
    ["nothing", {}, [], null],
  ])("%s", (_name, rule, recent, expected) => expect(reachedAt(rule, recent)).toBe(expected));
});

describe("log checks", () => {
  it("bear their rule's aliases, and every rule with a name elsewhere has a check or is told by one", () => {
    const withCheck = new Set<string>(logsChecks.map(({ id }) => id));
    const silent = logRules.filter(({ id }) => !withCheck.has(id)).map(({ id }) => id);
    // Told by the line before it, and a machine without that hardware.
    expect(silent).toEqual(["process-killed-for-memory", "nvswitch-absent"]);
    expect(check("kernel-soft-lockup").aliases).toContain("SoftLockup");
  });

  it("one problem per subject, with the cause that nodes share", () => {
    const logMatches = logMatchesOf(
      "nfs: server filer not responding, still trying",
      "kernel",
      { times: 2, apartMs: 1, agoMs: 0 },
      ["nfs: server other not responding, still trying"],
    );
    const problems = problemsOf(check("nfs-server-silent"), nodeFacts({ logMatches }));
    expect(problems.map(({ subject, causeKey }) => [subject, causeKey]).sort()).toEqual([
      ["filer", "nfs:filer"],
      ["other", "nfs:other"],
    ]);
    expect(problems.find(({ subject }) => subject === "filer")?.message.en).toBe(
      "The NFS server filer does not answer (2 times).",
    );
  });

  it("a kernel fault's cause is the kernel's version", () => {
    const logMatches = logMatchesOf("BUG: kernel NULL pointer dereference, address: 0000000000000008", "kernel", {
      times: 1,
      apartMs: 0,
      agoMs: 0,
    });
    const facts = nodeFacts({ logMatches });
    const kernel = facts.identity?.data?.kernel;
    expect(problemsOf(check("kernel-null-pointer"), facts)[0]?.causeKey).toBe(`kernel:${kernel}`);
  });

  it("an occurrence of which the line does not say everything has a sentence all the same", () => {
    const logMatches = logMatchesOf("rpc: Killed\nOut of memory and no killable processes...", "kernel", {
      times: 1,
      apartMs: 0,
      agoMs: 0,
    });
    const [problem] = problemsOf(check("node-out-of-memory"), nodeFacts({ logMatches }));
    expect(problem?.message.en).toContain("unknown");
    expect(problem?.message.zh).toContain("未知");
  });

  it("stands for its rule's time after the last occurrence that made it one", () => {
    const seen = (agoMs: number) =>
      problemsOf(
        check("kernel-task-hung"),
        nodeFacts({
          logMatches: logMatchesOf("INFO: task cp:5 blocked for more than 120 seconds.", "kernel", {
            times: 1,
            apartMs: 0,
            agoMs,
          }),
        }),
      ).length;
    expect([seen(30 * 60_000), seen(30 * 60_000 + 1)]).toEqual([1, 0]);
  });

  describe("whose log is not read", () => {
    const reading = (...reads: string[]) => ({ logMatches: { reads, matches: [] } });

    it("of the kernel: unknown", () => {
      expect(unknownOf(check("kernel-soft-lockup"), nodeFacts(reading("kubelet")))).toContain(
        "kernel log cannot be read",
      );
      expect(unknownOf(check("kernel-soft-lockup"), nodeFacts(reading("kernel")))).toBeNull();
    });

    it("of a daemon that runs here: unknown, and how to mend it", () => {
      const reason = unknownOf(check("image-layer-damaged"), nodeFacts(reading("kernel")));
      expect(reason).toBe("the log of containerd is not read: name it in the agent's configuration");
      expect(unknownOf(check("image-layer-damaged"), nodeFacts(reading("runtime")))).toBeNull();
    });

    it("of a daemon that is not on this node: well", () => {
      const facts = nodeFacts({
        ...reading("kernel"),
        modules: [aModule({ name: "kubelet", kind: "kubelet", state: "absent" })],
      });
      expect(unknownOf(check("pod-volumes-orphaned"), facts)).toBeNull();
    });
  });

  it("looks at no clock", () => {
    const logMatches = logMatchesOf("VFS: file-max limit 5 reached", "kernel", { times: 1, apartMs: 0, agoMs: 0 });
    const facts = nodeFacts({ logMatches });
    expect(check("open-files-exhausted").evaluate(facts, NOW)).toEqual(
      check("open-files-exhausted").evaluate(facts, NOW),
    );
  });
});

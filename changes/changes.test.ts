// The catalogue of changes as tables: what each plans for which node, how it goes back, and which commands it calls its own – near misses are not.
import { describe, expect, it } from "vitest";
import { checkById } from "../checks/index.ts";
import type { CommandAction } from "../protocol/commands.ts";
import { commandParams } from "../protocol/commands.ts";
import type { Facts } from "../protocol/facts.ts";
import { actionRisk, isAtLeast } from "../repairs/action-risk.ts";
import type { DoneStep, Step } from "../repairs/define.ts";
import { NOW, nodeFacts } from "../testing/facts.ts";
import { faultFacts } from "../testing/fault-facts.ts";
import type { ChangeContext } from "./define.ts";
import { sha256Of } from "./hashes.ts";
import { withLabel } from "./label.ts";
import { changeByKind, changes, parseChange } from "./list.ts";

const node = { id: "0193d7a0-0000-7000-8000-000000000001", name: "node-1", labels: { team: "web" } };
const context = (over: Partial<ChangeContext> = {}): ChangeContext => ({
  node,
  facts: nodeFacts(),
  now: NOW,
  finding: null,
  ...over,
});

function bound(kind: string, params: object) {
  const parsed = parseChange({ kind, params });
  if ("error" in parsed) throw new Error(parsed.error);
  return parsed;
}
const planOf = (kind: string, params: object, ctx = context()) => {
  const { definition, params: own } = bound(kind, params);
  const answer = definition.plan(own, ctx);
  if ("nothing" in answer) return answer.isThere ? "there" : "not its own";
  return "refused" in answer ? "refused" : answer.plan.steps.map(({ action }) => action.type).join(" ");
};
const done = (steps: readonly Step[], changed = true): DoneStep[] =>
  steps.map((step) => ({
    step,
    result: {
      commandId: node.id,
      status: "done",
      code: null,
      message: "",
      changed,
      output: {},
      startedAt: 0,
      endedAt: 0,
    },
  }));

const module = (over: object = {}): Facts => {
  const facts = nodeFacts();
  const [first] = facts.modules?.data ?? [];
  if (!first) throw new Error("no module");
  return {
    ...facts,
    modules: {
      data: [{ ...first, name: "containerd", state: "running", restartable: true, ...over }],
      at: NOW,
      error: null,
    },
  };
};
const silent = (): Facts => {
  const facts = nodeFacts();
  const runtimes = (facts.runtimes?.data ?? []).map((r) => ({ ...r, probe: { ...r.probe, ok: false } }));
  return { ...facts, runtimes: { data: runtimes, at: NOW, error: null } };
};
const runtimeId = nodeFacts().runtimes?.data?.find(({ kind }) => kind === "cri")?.id ?? "";

const content = "version = 2\n";
const file = { path: "/etc/containerd/config.toml", content, restartModule: "containerd" };
const cni = {
  path: "/etc/cni/net.d/10-x.conflist",
  content: '{"name":"x","plugins":[{"type":"bridge"}]}',
  restartModule: null,
};
const pack = { name: "containerd.io", version: "1.6.22-1", restartModule: "containerd" };
const descriptor = JSON.stringify({
  version: "1.0.0",
  hook: { path: "/usr/libexec/oci/hooks.d/route", timeout: 10 },
  when: { always: true },
  stages: ["prestart"],
});
const hook = { name: "10-route", descriptor };
const sysctl = { key: "vm.max_map_count", value: "262144" };
const [disk] = faultFacts["mount-leaked"] ?? [];
const problem = disk && checkById("mount-leaked")?.evaluate(disk.facts, NOW);
const leak = problem?.status === "problems" ? problem.problems[0] : undefined;
const sick = (): ChangeContext =>
  context({
    facts: disk?.facts ?? {},
    finding: { id: node.id, checkId: "mount-leaked", subject: leak?.subject ?? "", params: leak?.params ?? {} },
  });
const repair = { repairId: "detach-leaked-mount", checkId: "mount-leaked" };

describe("plans", () => {
  it.each<[string, object, ChangeContext, string]>([
    ["sysctl", sysctl, context(), "sysctl.put"],
    [
      "sysctl",
      sysctl,
      context({ facts: { sysctls: { data: { "vm.max_map_count": "262144" }, at: NOW, error: null } } }),
      "there",
    ],
    ["sysctl", sysctl, context({ facts: {} }), "sysctl.put"],
    ["config-file", file, context({ facts: module() }), "file.put module.restart"],
    ["config-file", file, context({ facts: module({ name: "docker" }) }), "not its own"],
    ["config-file", file, context({ facts: module({ state: "absent" }) }), "not its own"],
    ["config-file", file, context({ facts: module({ restartable: false }) }), "refused"],
    ["config-file", file, context({ facts: {} }), "not its own"],
    ["config-file", cni, context(), "file.put"],
    ["image-prewarm", { images: ["busybox:1", "alpine:3"], runtime: null }, context(), "image.pull image.pull"],
    ["image-prewarm", { images: ["busybox:1"], runtime: "nobody" }, context(), "not its own"],
    ["image-prewarm", { images: ["busybox:1"], runtime: null }, context({ facts: silent() }), "refused"],
    ["image-prewarm", { images: ["busybox:1"], runtime: null }, context({ facts: {} }), "refused"],
    ["command", { action: { type: "conntrack.flush", params: { which: ["closed"] } } }, context(), "conntrack.flush"],
    [
      "command",
      { action: { type: "kernel.load-module", params: { name: "overlay" } } },
      context(),
      "kernel.load-module",
    ],
    [
      "command",
      { action: { type: "module.restart", params: { module: "containerd", mode: "restart", process: null } } },
      context({ facts: module() }),
      "module.restart",
    ],
    [
      "command",
      { action: { type: "module.restart", params: { module: "nobody", mode: "restart", process: null } } },
      context({ facts: module() }),
      "not its own",
    ],
    [
      "command",
      { action: { type: "module.restart", params: { module: "containerd", mode: "start", process: null } } },
      context({ facts: module({ process: { pid: 1, startTicks: 1 } }) }),
      "there",
    ],
    ["package", pack, context({ facts: module() }), "package.install module.restart"],
    ["package", { ...pack, restartModule: null }, context({ facts: {} }), "package.install"],
    ["package", pack, context({ facts: module({ name: "docker" }) }), "not its own"],
    ["package", pack, context({ facts: module({ restartable: false }) }), "refused"],
    ["hook", hook, context(), "file.put"],
    ["check", { check: "runtime-down", checkMode: "observe" }, context(), ""],
    ["check", { check: "our-check", version: 3 }, context(), ""],
    ["label", { key: "team", value: "web" }, context(), "there"],
    ["label", { key: "team", value: "db" }, context(), ""],
    ["label", { key: "constructor", value: null }, context(), "there"],
    ["repair", repair, sick(), "mount.detach mount.detach"],
    ["repair", repair, context(), "not its own"],
    ["repair", { repairId: "start-runtime", checkId: "runtime-down" }, sick(), "not its own"],
  ])("%s %j", (kind, params, ctx, wanted) => expect(planOf(kind, params, ctx)).toBe(wanted));
});

describe("parameters", () => {
  it.each<[string, object]>([
    ["sysctl", { ...sysctl, key: "kernel.core_pattern" }],
    ["sysctl", { ...sysctl, value: "x" }],
    ["config-file", { ...file, path: "/etc/shadow" }],
    ["config-file", { ...file, content: "= 1" }],
    ["config-file", { ...file, content: "" }],
    ["config-file", { ...file, content: `a = "${"x".repeat(262_144)}"` }],
    ["config-file", { ...cni, content: '{"name":"x","plugins":[]}' }],
    ["image-prewarm", { images: [], runtime: null }],
    ["image-prewarm", { images: Array.from({ length: 21 }, (_, i) => `a:${i}`), runtime: null }],
    ["image-prewarm", { images: ["a", "a"], runtime: null }],
    ["command", { action: { type: "shim.reap", params: {} } }],
    ["command", { action: { type: "container.restart", params: { runtime: "docker", containerId: "abcdef" } } }],
    [
      "command",
      {
        action: {
          type: "module.restart",
          params: { module: "a", mode: "kill-restart", process: { pid: 1, startTicks: 1 } },
        },
      },
    ],
    ["label", { key: "pool", value: "x" }],
    ["label", { key: "a\n", value: "x" }],
    ["repair", { repairId: "start-runtime", checkId: "mount-leaked" }],
    ["repair", { repairId: "no-such", checkId: "mount-leaked" }],
    ["package", { ...pack, name: "linux-image-amd64" }],
    ["package", { ...pack, name: "openssh-server" }],
    ["package", { ...pack, name: "libc6" }],
    ["package", { ...pack, name: "-y" }],
    ["package", { ...pack, version: "1.0-" }],
    ["package", { ...pack, version: "1.*" }],
    ["hook", { ...hook, name: "../x" }],
    ["hook", { ...hook, descriptor: "{}" }],
    ["hook", { ...hook, descriptor: descriptor.replace('"timeout":10', '"timeout":10,"env":["LD_PRELOAD=/x"]') }],
    ["check", { check: "runtime-down" }],
    ["check", { check: "our-check", version: 1, checkMode: "observe" }],
    ["check", { check: "runtime-down", version: 1 }],
    ["check", { check: "our-check", version: 0 }],
    ["check", { check: "Our Check", version: 1 }],
    ["check", { check: "runtime-down", checkMode: "always" }],
    ["no-such-kind", {}],
    ["constructor", {}],
  ])("%s takes no %.80j", (kind, params) => expect(parseChange({ kind, params })).toHaveProperty("error"));

  it("take no key more", () => {
    for (const [kind, params] of [
      ["sysctl", sysctl],
      ["config-file", file],
      ["label", { key: "a", value: null }],
      ["package", pack],
      ["hook", hook],
      ["check", { check: "our-check", version: 1 }],
      ["repair", repair],
    ] as const)
      expect(parseChange({ kind, params: { ...params, more: 1 } })).toHaveProperty("error");
  });
});

const filePut = (over: object = {}): CommandAction => ({
  type: "file.put",
  params: { path: file.path, content, sha256: sha256Of(content), mode: "644", ...over },
});
const restart = (over: object = {}): CommandAction => ({
  type: "module.restart",
  params: { module: "containerd", mode: "restart", process: null, readyTimeoutMs: 60_000, ...over },
});
const pull = (over: object = {}): CommandAction => ({
  type: "image.pull",
  params: { runtime: "containerd", image: "a:1", timeoutMs: 500_000, ...over },
});
const put = (value: string, key = sysctl.key): CommandAction => ({ type: "sysctl.put", params: { key, value } });
const restore = (putValue: string, key = sysctl.key): CommandAction => ({
  type: "sysctl.restore",
  params: { key, putValue },
});
const fileBack = (putSha256: string): CommandAction => ({
  type: "file.restore",
  params: { path: file.path, putSha256 },
});
const install = (over: object = {}): CommandAction => ({
  type: "package.install",
  params: { name: pack.name, version: pack.version, ...over },
});
const packBack = (putVersion: string): CommandAction => ({
  type: "package.restore",
  params: { name: pack.name, putVersion },
});
const hookPath = "/etc/containers/oci/hooks.d/10-route.json";
const hookPut = (over: object = {}): CommandAction => ({
  type: "file.put",
  params: { path: hookPath, content: descriptor, sha256: sha256Of(descriptor), mode: "644", ...over },
});
const flush: CommandAction = { type: "conntrack.flush", params: { which: ["closed"] } };
const detach: CommandAction = {
  type: "mount.detach",
  params: { mountPoint: "/a", type: "overlay", source: "x", containerId: "abc" },
};

describe("covers", () => {
  it.each<[string, object, "apply" | "revert", CommandAction, boolean]>([
    ["sysctl", sysctl, "apply", put("262144"), true],
    ["sysctl", sysctl, "apply", put("262145"), false],
    ["sysctl", sysctl, "apply", put("262144", "vm.swappiness"), false],
    ["sysctl", sysctl, "apply", restore("262144"), false],
    ["sysctl", sysctl, "revert", restore("262144"), true],
    ["sysctl", sysctl, "revert", restore("1"), false],
    ["sysctl", sysctl, "revert", put("262144"), false],
    ["config-file", file, "apply", filePut(), true],
    ["config-file", file, "apply", restart(), true],
    ["config-file", file, "apply", filePut({ content: "a = 1\n" }), false],
    ["config-file", file, "apply", filePut({ mode: "600" }), false],
    ["config-file", file, "apply", filePut({ path: "/etc/docker/daemon.json" }), false],
    ["config-file", file, "apply", restart({ module: "docker" }), false],
    ["config-file", file, "apply", restart({ mode: "kill-restart" }), false],
    ["config-file", file, "apply", fileBack(sha256Of(content)), false],
    ["config-file", file, "revert", fileBack(sha256Of(content)), true],
    ["config-file", file, "revert", fileBack(sha256Of("a = 1\n")), false],
    ["config-file", file, "revert", filePut(), false],
    ["config-file", file, "revert", restart(), true],
    ["config-file", cni, "apply", restart(), false],
    ["image-prewarm", { images: ["a:1"], runtime: null }, "apply", pull(), true],
    ["image-prewarm", { images: ["a:1"], runtime: null }, "apply", pull({ image: "a:2" }), false],
    ["image-prewarm", { images: ["a:1"], runtime: "docker" }, "apply", pull(), false],
    ["image-prewarm", { images: ["a:1"], runtime: null }, "revert", pull(), false],
    ["command", { action: flush }, "apply", flush, true],
    ["command", { action: flush }, "revert", flush, false],
    ["command", { action: flush }, "apply", { type: "conntrack.flush", params: { which: ["unreplied"] } }, false],
    ["package", pack, "apply", install(), true],
    ["package", pack, "apply", restart(), true],
    ["package", pack, "apply", install({ version: "1.6.22-2" }), false],
    ["package", pack, "apply", install({ name: "lxcfs" }), false],
    ["package", pack, "apply", packBack(pack.version), false],
    ["package", pack, "apply", restart({ module: "docker" }), false],
    ["package", { ...pack, restartModule: null }, "apply", restart(), false],
    ["package", pack, "revert", packBack(pack.version), true],
    ["package", pack, "revert", packBack("1.6.20-1"), false],
    ["package", pack, "revert", install(), false],
    ["hook", hook, "apply", hookPut(), true],
    ["hook", hook, "apply", hookPut({ mode: "600" }), false],
    ["hook", hook, "apply", hookPut({ path: file.path }), false],
    [
      "hook",
      hook,
      "revert",
      { type: "file.restore", params: { path: hookPath, putSha256: sha256Of(descriptor) } },
      true,
    ],
    ["hook", hook, "revert", hookPut(), false],
    ["check", { check: "our-check", version: 1 }, "apply", flush, false],
    ["label", { key: "a", value: "b" }, "apply", flush, false],
    ["repair", repair, "apply", detach, true],
    ["repair", repair, "revert", detach, false],
    ["repair", repair, "apply", flush, false],
    ["repair", { repairId: "start-runtime", checkId: "runtime-down" }, "apply", restart(), false],
  ])("%s %.60j, %s: %j is %s", (kind, params, direction, action, wanted) => {
    const { definition, params: own } = bound(kind, params);
    expect(definition.covers(own, action, direction)).toBe(wanted);
  });

  it("every step of a plan and of its way back, and no riskier than the change says", () => {
    const cases = [
      ["sysctl", sysctl, context()],
      ["config-file", file, context({ facts: module() })],
      ["image-prewarm", { images: ["a:1"], runtime: null }, context()],
      ["package", pack, context({ facts: module() })],
      ["hook", hook, context()],
      ["command", { action: flush }, context()],
      ["repair", repair, sick()],
    ] as const;
    for (const [kind, params, ctx] of cases) {
      const { definition, params: own } = bound(kind, params);
      const answer = definition.plan(own, ctx);
      if (!("plan" in answer)) throw new Error(kind);
      const back = definition.revert(own, done(answer.plan.steps), ctx);
      expect([kind, back.length > 0]).toEqual([kind, definition.isReversible(own)]);
      for (const { action } of answer.plan.steps) expect(definition.covers(own, action, "apply")).toBe(true);
      for (const { action } of back) expect(definition.covers(own, action, "revert")).toBe(true);
      for (const { action } of [...answer.plan.steps, ...back]) {
        expect(commandParams[action.type].safeParse(action.params).success).toBe(true);
        expect([action.type, isAtLeast(definition.risk(own), actionRisk(action))]).toEqual([action.type, true]);
      }
      expect(definition.revert(own, done(answer.plan.steps, false), ctx)).toEqual([]);
    }
    expect(runtimeId).not.toBe("");
  });
});

describe("the catalogue", () => {
  it("finds each kind, in both languages", () => {
    for (const change of changes) {
      expect(changeByKind(change.kind)?.title).toBe(change.title);
      for (const { en, zh } of [change.title, change.about])
        expect([en.length > 0, /[\u4e00-\u9fff]/.test(zh)]).toEqual([true, true]);
    }
    expect(changeByKind("__proto__")).toBeUndefined();
  });

  it("says when the changed path ran: a module that was started since", () => {
    const { definition, params } = bound("config-file", file);
    const ran = (over: object, facts = module(over)) => definition.pathRan(params, facts, NOW);
    expect(ran({ startedAt: NOW + 1 })).toBe(true);
    expect(ran({ startedAt: NOW - 1 })).toBe(false);
    expect(ran({ startedAt: null })).toBe(false);
    expect(ran({ startedAt: NOW + 1, state: "hung" })).toBe(false);
    expect(ran({}, {})).toBe(false);
    const settings = bound("config-file", cni);
    expect(settings.definition.pathRan(settings.params, module(), NOW)).toBeNull();
  });

  it("sets and takes away one label", () => {
    expect(withLabel({ a: "1", b: "2" }, { key: "a", value: "3" })).toEqual({ a: "3", b: "2" });
    expect(withLabel({ a: "1", b: "2" }, { key: "a", value: null })).toEqual({ b: "2" });
  });
});

describe("facts", () => {
  const spied = (facts: Facts, looked: Set<string>): Facts =>
    new Proxy(facts, {
      get: (target, kind) => {
        if (typeof kind === "string") looked.add(kind);
        return Reflect.get(target, kind);
      },
    });
  it.each<[string, object]>([
    ["sysctl", sysctl],
    ["config-file", file],
    ["config-file", cni],
    ["image-prewarm", { images: ["busybox:1"], runtime: null }],
    ["command", { action: { type: "conntrack.flush", params: { which: ["closed"] } } }],
    [
      "command",
      { action: { type: "module.restart", params: { module: "containerd", mode: "restart", process: null } } },
    ],
    ["label", { key: "team", value: "db" }],
  ])("%s looks at none but those that it names", (kind, params) => {
    const { definition, params: own } = bound(kind, params);
    const looked = new Set<string>();
    const ctx = context({ facts: spied(module(), looked) });
    const answer = definition.plan(own, ctx);
    definition.revert(own, "plan" in answer ? done(answer.plan.steps) : [], ctx);
    expect(definition.needs).toBeDefined();
    expect([...looked].filter((one) => !definition.needs?.some((named) => named === one))).toEqual([]);
  });
});

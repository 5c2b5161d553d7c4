// A definition for tests: too many restarts of a module.
import { CheckDraft } from "./schema.ts";

const module = (name: string, restarts: number) => ({ name, restarts, state: "running" });

export const restartsDraft = (over: Record<string, unknown> = {}): CheckDraft =>
  CheckDraft.parse({
    title: { en: "Module restarts", zh: "模块重启" },
    area: "runtime",
    severity: "warning",
    needs: ["modules"],
    each: "modules",
    subject: "item.name",
    problem: "item.restarts >= 5",
    clear: "item.restarts < 2",
    message: {
      en: "{{item.name}} was restarted {{item.restarts}} times.",
      zh: "{{item.name}} 已重启 {{item.restarts}} 次。",
    },
    suggestion: { en: "Read its log." },
    raiseAfterMs: 0,
    clearAfterMs: 0,
    fixtures: [
      { name: "many", facts: { modules: [module("containerd", 9), module("lxcfs", 0)] }, expect: ["containerd"] },
      { name: "few", facts: { modules: [module("containerd", 4)] }, expect: "ok" },
      { name: "stays", facts: { modules: [module("containerd", 3)] }, open: ["containerd"], expect: ["containerd"] },
      { name: "clears", facts: { modules: [module("containerd", 1)] }, open: ["containerd"], expect: "ok" },
      { name: "no facts", facts: {}, expect: "unknown" },
    ],
    ...over,
  });

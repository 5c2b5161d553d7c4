// Search: what people type, also misspelt, finds the article they mean, in both languages.
import { expect, test } from "vitest";
import type { Effective, Knowledge } from "./effective.ts";
import { excerptOf, searchArticles, wordsOf } from "./search.ts";

const article = (en: string, zh: string, enBody: string, zhBody: string): Effective => ({
  en: `---\ntitle: ${en}\n---\n\n## What it means\n\n${enBody}\n`,
  zh: `---\ntitle: ${zh}\n---\n\n## 这意味着什么\n\n${zhBody}\n`,
  origin: "built-in",
  cause: null,
  updatedAt: null,
});

const knowledge: Knowledge = {
  mark: "",
  articles: new Map([
    [
      "cause/oom-killed",
      article(
        "The container used more memory than its limit",
        "容器内存超出上限",
        "The kernel ended it: OOMKilled, exit code 137.",
        "内核终止了进程，退出码 137。",
      ),
    ],
    [
      "cause/conntrack-full",
      article(
        "The connection tracking table is full",
        "连接跟踪表已满",
        "New connections are dropped.",
        "新连接被丢弃。",
      ),
    ],
    [
      "cause/lxcfs-dead",
      article("lxcfs has died", "lxcfs 已退出", "Transport endpoint is not connected.", "容器内看到的是整机内存。"),
    ],
  ]),
  causes: [
    {
      id: "lxcfs-dead",
      title: { en: "", zh: "" },
      side: "ours",
      signatures: [{ match: "transport endpoint is not connected", strength: "strong" }],
      words: "",
    },
  ],
};

test.each([
  ["oomkilled", "cause/oom-killed"],
  ["OOM killed", "cause/oom-killed"],
  ["oomkiled", "cause/oom-killed"],
  ["exit 137", "cause/oom-killed"],
  ["conection trackng", "cause/conntrack-full"],
  ["conntrack", "cause/conntrack-full"],
  ["transport endpoint", "cause/lxcfs-dead"],
  ["连接跟踪", "cause/conntrack-full"],
  ["连结跟踪表满", "cause/conntrack-full"],
  ["内存超出限制", "cause/oom-killed"],
])("%s", (query, expected) => {
  expect(searchArticles(knowledge, query)[0]).toBe(expected);
});

test("nothing is found for nothing, and for what nobody wrote of", () => {
  expect(searchArticles(knowledge, "  …  ")).toEqual([]);
  expect(searchArticles(knowledge, "zzzzzz")).toEqual([]);
});

test("words: Latin in lower case and in parts, Chinese in pairs", () => {
  expect(wordsOf("Net_Dev 连接表, x")).toEqual(["net", "dev", "连接", "接表", "x"]);
});

test("the passage is in the language of the question", () => {
  const oom = knowledge.articles.get("cause/oom-killed");
  if (!oom) throw new Error("the article is gone");
  expect(excerptOf(oom, "kernel")).toBe("The kernel ended it: OOMKilled, exit code 137.");
  expect(excerptOf(oom, "内核")).toBe("内核终止了进程，退出码 137。");
  expect(excerptOf(oom, "zzz")).toBeNull();
});

// Both languages have the same keys and the same parameters.
import { expect, test } from "vitest";
import en from "./en.json" with { type: "json" };
import zh from "./zh.json" with { type: "json" };

function flatten(value: unknown, path: string): Map<string, string> {
  if (typeof value === "string") return new Map([[path, value]]);
  const entries = Object.entries(value as Record<string, unknown>);
  return new Map(entries.flatMap(([key, child]) => [...flatten(child, path ? `${path}.${key}` : key)]));
}

/** Names in braces (plural and select included) and tags. */
function parameters(message: string): string[] {
  const names = [...message.matchAll(/\{(\w+)(?=[,}])/g)].map((match) => match[1] ?? "");
  const tags = [...message.matchAll(/<(\w+)>/g)].map((match) => `<${match[1]}>`);
  return [...new Set([...names, ...tags])].sort();
}

const english = flatten(en, "");
const chinese = flatten(zh, "");

test("the languages have the same keys", () => {
  expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort());
});

test("no message is empty, and parameters agree", () => {
  for (const [key, message] of english) {
    expect(message, key).not.toBe("");
    expect(chinese.get(key), key).not.toBe("");
    expect(parameters(chinese.get(key) ?? ""), key).toEqual(parameters(message));
  }
});

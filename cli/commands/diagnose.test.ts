import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { run } from "./diagnose.ts";

let folder: string;
let out: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nodeops-diagnose-"));
  out = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += String(text);
    return true;
  });
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

async function ask(text: string, options: { lang?: "en" | "zh"; json?: boolean } = { lang: "en" }): Promise<unknown> {
  const path = join(folder, "paste");
  await writeFile(path, text);
  return run([path], options);
}

const FULL = "Mar  1 08:09:10 edge-7 kernel: nf_conntrack: nf_conntrack: table full, dropping packet\n";

test("the answer comes first, the place is marked", async () => {
  expect(await ask(FULL)).toBe(0);
  expect(out.split("\n")[0]).toContain("conntrack-full");
  expect(out).toMatch(/»[^«]*table full[^«]*«/);
});

test("as JSON, with title, side and places in the text", async () => {
  expect(await ask(FULL, { json: true })).toBe(0);
  const { isKnown, causes, components } = JSON.parse(out);
  expect(isKnown).toBe(true);
  expect(components).toEqual(["kernel"]);
  const [{ id, title, side, evidence }] = causes;
  expect({ id, side }).toEqual({ id: "conntrack-full", side: "ours" });
  expect(Object.keys(title)).toEqual(["en", "zh"]);
  expect(FULL.slice(evidence[0].start, evidence[0].end)).toContain("table full");
});

test("don't know has an exit code of its own, in both languages", async () => {
  expect(await ask("nginx: [emerg] duplicate listen options for 0.0.0.0:80")).toBe(3);
  expect(out).toContain("I don't know");
  out = "";
  expect(await ask("nginx: [emerg] duplicate listen options for 0.0.0.0:80", { lang: "zh" })).toBe(3);
  expect(out).toContain("无法判断");
});

test("what steers a terminal is not printed", async () => {
  await ask(`nf_conntrack: table full, dropping packet \u001b]0;owned\u0007 \u202etxt`);
  for (const char of ["\u001b", "\u0007", "\u202e"]) expect(out).not.toContain(char);
});

test("nothing to read is bad usage", async () => {
  await expect(ask("  \n")).rejects.toMatchObject({ exitCode: 2 });
  await expect(run([join(folder, "absent")], {})).rejects.toMatchObject({ exitCode: 2 });
});

// Folders are given to an account that plays tricks in them: links, hard links, and a folder swapped for a link.

import { spawn, spawnSync } from "node:child_process";
import { linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { identify, stopProcess } from "../proc.ts";
import { handOver } from "./hand-over.ts";
import { leftovers } from "./leftovers.ts";

const account = { uid: 64_123, gid: 64_123 };
const isRoot = process.getuid?.() === 0;
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hand-over-"));
  mkdirSync(join(dir, "own/deep"), { recursive: true });
  mkdirSync(join(dir, "root"));
  writeFileSync(join(dir, "own/deep/key"), "");
  writeFileSync(join(dir, "root/shadow"), "");
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const ownerOf = (name: string) => statSync(join(dir, name)).uid;

test.runIf(isRoot)(
  "its files become the account's; what links and hard links name does not, and a pipe holds nobody up",
  () => {
    symlinkSync(join(dir, "root"), join(dir, "own/link"));
    symlinkSync(join(dir, "root/shadow"), join(dir, "own/deep/link"));
    linkSync(join(dir, "root/shadow"), join(dir, "own/deep/hard"));
    spawnSync("mkfifo", [join(dir, "own/pipe")]);
    handOver(join(dir, "own"), account);
    expect(["own", "own/deep", "own/deep/key"].map(ownerOf)).toEqual([account.uid, account.uid, account.uid]);
    expect(["root", "root/shadow"].map(ownerOf)).toEqual([0, 0]);
  },
);

test.runIf(isRoot)("a folder swapped for a link again and again while it is given leads nowhere", async () => {
  const swap = `cd ${dir}/own; while :; do mv deep away; ln -s ../root deep; rm deep; mv away deep; done`;
  writeFileSync(join(dir, "own/deep/shadow"), "");
  const child = spawn("/bin/sh", ["-c", swap], { stdio: "ignore" });
  try {
    for (let i = 0; i < 2_000; i++) {
      handOver(join(dir, "own"), account);
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(["root", "root/shadow"].map(ownerOf)).toEqual([0, 0]);
  } finally {
    child.kill("SIGKILL");
  }
});

test.runIf(isRoot)("the folder itself is no link", () => {
  renameSync(join(dir, "own"), join(dir, "away"));
  symlinkSync(join(dir, "root"), join(dir, "own"));
  expect(() => handOver(join(dir, "own"), account)).toThrow("ELOOP");
  expect(ownerOf("root")).toBe(0);
});

test("left over is what has this data folder and one of these users, nothing else", async () => {
  const start = (data: string) =>
    spawn(process.execPath, ["-e", "console.log(1); setInterval(() => {}, 1000)"], {
      env: { NODE_ENV: "test", NODEOPS_DATA: data },
      stdio: ["ignore", "pipe", "ignore"],
    });
  const children = [start(dir), start(join(dir, "own"))] as const;
  try {
    await Promise.all(children.map(({ stdout }) => new Promise((resolve) => stdout?.once("data", resolve))));
    const uid = process.getuid?.() ?? -1;
    expect(leftovers(dir, [uid]).map(({ pid }) => pid)).toEqual([children[0].pid]);
    expect(leftovers(dir, [account.uid])).toEqual([]);
  } finally {
    for (const { pid } of children) {
      const id = pid === undefined ? undefined : identify(pid);
      if (id) await stopProcess(id, ["SIGKILL"], 5_000);
    }
  }
});

import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { isLive, statOf } from "../host/proc.ts";
import { type Fence, raiseFence, standingFences } from "./fence.ts";
import { commandLine, Terminal } from "./terminal.ts";

const nodeId = randomUUID();
let fence: Fence | null = null;
afterEach(async () => {
  await fence?.end(0);
  fence = null;
});

function open(): { terminal: Terminal; seen: () => string; until: (text: RegExp) => Promise<string> } {
  let text = "";
  fence = raiseFence(nodeId, randomUUID());
  const terminal = new Terminal(fence, { pid: null, namespaces: [] }, (data) => {
    text += data.toString("utf8");
  });
  const until = async (pattern: RegExp): Promise<string> => {
    for (let tries = 0; tries < 500; tries++) {
      const [, found] = pattern.exec(text) ?? [];
      if (found !== undefined) return found;
      await sleep(10);
    }
    throw new Error(`not seen: ${pattern} in ${JSON.stringify(text)}`);
  };
  return { terminal, seen: () => text, until };
}

describe("a shell's terminal", () => {
  it("answers, knows its size, and says how it ended", async () => {
    const { terminal, until } = open();
    await terminal.ready(101, 33);
    terminal.write(Buffer.from("echo a$((6*7))b; stty size\n"));
    expect(await until(/a(42)b/)).toBe("42");
    expect(await until(/(33 101)/)).toBe("33 101");
    await terminal.resize(120, 40);
    terminal.write(Buffer.from("stty size\n"));
    expect(await until(/(40 120)/)).toBe("40 120");
    terminal.write(Buffer.from("exit 7\n"));
    expect(await terminal.ended).toBe(7);
  });

  it.each([
    ["daemonised", "setsid sh -c 'echo pid=$$.; exec sleep 987 >/dev/null 2>&1' &"],
    ["deaf to SIGHUP", "(trap '' HUP; setsid sh -c 'echo pid=$$.; exec sleep 986 >/dev/null 2>&1') &"],
    ["without the mark", "env -i setsid sh -c 'echo pid=$$.; exec sleep 985 >/dev/null 2>&1' &"],
  ])("leaves nothing behind: a child that is %s", async (_, line) => {
    const { terminal, until } = open();
    await terminal.ready(80, 24);
    terminal.write(Buffer.from(`${line}\n`));
    const pid = Number(await until(/pid=(\d+)\./));
    const startTicks = statOf(pid)?.startTicks ?? -1;
    expect(isLive({ pid, startTicks })).toBe(true);
    expect(await fence?.end(200)).toEqual([]);
    expect(isLive({ pid, startTicks })).toBe(false);
    expect(fence?.folder === null || !existsSync(fence?.folder ?? "")).toBe(true);
    expect(await standingFences(nodeId)).toEqual([]);
  });

  it("is found by the next agent", async () => {
    const { terminal } = open();
    await terminal.ready(80, 24);
    const found = await standingFences(nodeId);
    expect(found.map(({ mark }) => mark)).toEqual([fence?.mark]);
    expect(await standingFences(randomUUID())).toEqual([]);
    for (const one of found) await one.end(0);
    expect(await standingFences(nodeId)).toEqual([]);
  });
});

describe("the command line", () => {
  it("enters what was chosen, and takes the tools from where the files are", () => {
    expect(commandLine({ pid: 12, namespaces: ["mnt", "pid", "net"] }, true)).toBe(
      "exec nsenter -t 12 -m -p -n -- /bin/sh -i",
    );
    expect(commandLine({ pid: 12, namespaces: ["net"] }, true)).toBe(
      "exec nsenter -t 12 -n -- /bin/bash --norc --noprofile -i",
    );
    expect(commandLine({ pid: null, namespaces: [] }, false)).toBe("exec /bin/sh -i");
  });
});

// The supervisor's promises on real processes: restarted after a kill, not after a stop, and only proven processes are signalled.
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { identify, isAlive } from "../proc.ts";
import { type Child, supervise } from "./child.ts";

const children: Child[] = [];
afterEach(() => Promise.all(children.splice(0).map((child) => child.stop())));

function sleeper(script = "sleep 600", isResponding?: () => Promise<boolean>): { child: Child; messages: string[] } {
  const messages: string[] = [];
  const child = supervise(
    {
      name: "web",
      spawn: () => spawn("/bin/sh", ["-c", script], { detached: true, stdio: "ignore" }),
      waitReady: async (isRunning) => {
        await sleep(30);
        if (!isRunning()) throw new Error("ended while starting");
      },
      isResponding,
      stopSignals: ["SIGTERM", "SIGKILL"],
      stopWaitMs: 2_000,
    },
    { onChange: () => undefined, onMessage: (text) => messages.push(text) },
    { everyMs: 20, missesMax: 3 },
  );
  children.push(child);
  return { child, messages };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(10);
}

test("a killed process runs again under a new pid", async () => {
  const { child, messages } = sleeper();
  await child.start();
  const before = child.state.id?.pid ?? 0;
  process.kill(before, "SIGKILL");
  await until(() => child.state.phase === "running" && child.state.id?.pid !== before);
  expect(child.state).toMatchObject({ restarts: 1, lastExit: "killed by SIGKILL" });
  expect(messages[0]).toMatch(/killed by SIGKILL.*again in 0\.25 s/);
});

test("a process that lives but no longer answers is ended and runs again", async () => {
  const { child, messages } = sleeper("sleep 600", async () => (child.state.restarts ?? 0) > 0);
  await child.start();
  const before = child.state.id?.pid;
  await until(() => child.state.phase === "running" && child.state.id?.pid !== before);
  expect(messages[0]).toBe("web lives but does not answer: ending it");
  expect(child.state).toMatchObject({ restarts: 1, lastExit: "killed by SIGKILL" });
});

test("stop ends it for good", async () => {
  const { child } = sleeper();
  await child.start();
  const id = child.state.id;
  await child.stop();
  expect(id && isAlive(id)).toBe(false);
  await sleep(400); // longer than the first restart delay
  expect(child.state).toMatchObject({ phase: "stopped", restarts: 0 });
});

test("a process that ignores SIGTERM is killed", async () => {
  const { child } = sleeper("trap '' TERM; while :; do sleep 1; done");
  await child.start();
  const id = child.state.id;
  await child.stop();
  expect(id && isAlive(id)).toBe(false);
});

test("a process that dies before it serves is an error of start, not a loop", async () => {
  const { child } = sleeper("exit 7");
  await expect(child.start()).rejects.toThrow("ended while starting");
  await sleep(400);
  expect(child.state).toMatchObject({ phase: "stopped", restarts: 0, lastExit: "exit code 7" });
});

test("a reused pid is not taken for the same process", () => {
  const self = identify(process.pid);
  if (!self) throw new Error("no /proc");
  expect(isAlive(self)).toBe(true);
  expect(isAlive({ ...self, startedTicks: self.startedTicks - 1 })).toBe(false);
  expect(isAlive({ ...self, bootId: "another boot" })).toBe(false);
});

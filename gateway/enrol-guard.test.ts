// Enrolment takes turns and turns guessers away.
import { expect, test } from "vitest";
import { createEnrolGuard } from "./enrol-guard.ts";

test("few at a time, in order, and a full queue says so", async () => {
  const guard = createEnrolGuard();
  const gates: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const work = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => gates.push(resolve));
    running -= 1;
    return true;
  };
  const all = Array.from({ length: 300 }, () => guard.run(work));
  await expect(all.at(-1)).resolves.toBeNull();
  const opener = setInterval(() => gates.shift()?.(), 0);
  const answers = await Promise.all(all);
  clearInterval(opener);
  expect(most).toBe(4);
  expect(answers.filter((answer) => answer === true)).toHaveLength(260);
});

test("a failing piece of work gives its place back", async () => {
  const guard = createEnrolGuard();
  for (let i = 0; i < 10; i += 1) await expect(guard.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await expect(guard.run(async () => "in")).resolves.toBe("in");
});

test("an address that guesses must wait out its minute, others need not", () => {
  let now = 0;
  const guard = createEnrolGuard(() => now);
  for (let i = 0; i < 30; i += 1) {
    expect(guard.mayTry("10.0.0.1")).toBe(true);
    guard.failed("10.0.0.1");
  }
  expect(guard.mayTry("10.0.0.1")).toBe(false);
  expect(guard.mayTry("10.0.0.2")).toBe(true);
  now = 60_001;
  expect(guard.mayTry("10.0.0.1")).toBe(true);
});

import { expect, test } from "vitest";
import { exitCodesIn, exitMeaning, signalOf } from "./exit-codes.ts";

test.each([
  [0, null, "yours"],
  [1, null, "yours"],
  [42, null, "yours"],
  [125, null, "either"],
  [126, null, "yours"],
  [127, null, "yours"],
  [128, null, "either"],
  [137, "SIGKILL", "unsure"],
  [139, "SIGSEGV", "yours"],
  [143, "SIGTERM", "unsure"],
  [145, "signal 17", "either"],
  [255, null, "either"],
  [3221225477, null, "yours"],
] as const)("code %i: %s, %s", (code, signal, side) => {
  expect(exitMeaning(code)).toMatchObject({ code, signal, side });
});

test("137 says that it may also be the memory limit, and the number alone never decides", () => {
  const { also, side } = exitMeaning(137);
  expect(also?.en).toContain("OOMKilled");
  expect(also?.zh).toContain("OOMKilled");
  expect(side).toBe("unsure");
});

test("every code up to 300 means something in both languages", () => {
  for (let code = 0; code <= 300; code++) {
    const { title } = exitMeaning(code);
    expect(title.en).not.toBe("");
    expect(title.zh).toMatch(/[\u4e00-\u9fff]/);
  }
  expect(signalOf(128)).toBeNull();
  expect(signalOf(128 + 65)).toBeNull();
});

test.each([
  ["Last State: Terminated\n  Reason: OOMKilled\n  Exit Code: 137", [137]],
  ['"ExitCode":139,"Error":""', [139]],
  ["web-1 Exited (143) 2 minutes ago", [143]],
  ["back-off: container exited with code 1", [1]],
  ["容器退出码为 127，反复重启", [127]],
  ["process exit status 137", [137]],
  // How Go prints the end of any helper: no container's code.
  ["runc did not terminate successfully: exit status 1: criu failed", []],
  ["mount failed: exit status 32", []],
  ["exit code 99999999999", []],
])("codes in %j", (text, codes) => {
  expect(exitCodesIn(text)).toEqual(codes);
});

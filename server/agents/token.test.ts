// The token's text and the line that uses it.
import { expect, test } from "vitest";
import { formatToken, joinCommand, parseToken } from "./token.ts";

const token = { id: "ab", secret: "s3cret", ca: "f".repeat(64), key: "e".repeat(64) };

test("a token reads back", () => {
  expect(parseToken(formatToken(token))).toEqual(token);
});

test.each([
  "",
  "nodeops1.",
  "nodeops1.%%%",
  "nodeops1.e30",
  `other1.${Buffer.from(JSON.stringify(token)).toString("base64url")}`,
])("%j is no token", (text) => {
  expect(parseToken(text)).toBeNull();
});

test("the line checks the download before it runs it, and holds nothing that a shell could take for its own", () => {
  const line = joinCommand({
    gatewayUrl: "https://[::1]:7443",
    token: formatToken(token),
    agentSha256: "a".repeat(64),
  });
  expect(line.indexOf("sha256sum -c")).toBeGreaterThan(line.indexOf("curl"));
  expect(line.indexOf("sha256sum -c")).toBeLessThan(line.indexOf('node "$f"'));
  expect(line.split("'")).toHaveLength(3);
});

test("without a checksum nothing is downloaded", () => {
  expect(joinCommand({ gatewayUrl: "https://h:1", token: "nodeops1.x", agentSha256: null })).not.toContain("curl");
});

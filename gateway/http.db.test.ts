// The plain HTTPS side: the agent's bundle with its checksum, enrolment's edges, and nothing else.
import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { call, enrolAt } from "./testing/agent-client.ts";
import { startTestGateway, type TestGateway } from "./testing/gateway.ts";

let own: TestGateway;
beforeAll(async () => {
  own = await startTestGateway();
});
afterAll(() => own.stop());

test("serves the agent's bundle, its checksum, and says when nothing changed", async () => {
  const { port } = own.gateway;
  const bundle = await call(port, "/agent/nodeops-agent.mjs");
  const sum = await call(port, "/agent/nodeops-agent.mjs.sha256");
  expect(sum.text).toBe(`${createHash("sha256").update(bundle.text).digest("hex")}  nodeops-agent.mjs\n`);
  const again = await call(port, "/agent/nodeops-agent.mjs", {
    headers: { "if-none-match": String(bundle.headers.etag) },
  });
  expect([again.status, again.text]).toEqual([304, ""]);
});

test.each([
  ["/", "GET"],
  ["/v1/enrol", "GET"],
  ["/agent/../ca.pem", "GET"],
  ["/agent/nodeops-agent.mjs", "POST"],
  ["/metrics", "GET"],
])("%s by %s is not found", async (path, method) => {
  expect((await call(own.gateway.port, path, { method })).status).toBe(404);
});

test("a body that is too large or no request is refused and typed", async () => {
  for (const body of [{ token: "x".repeat(40_000) }, {}, "text"]) {
    const { status, text } = await call(own.gateway.port, "/v1/enrol", { method: "POST", body });
    expect([status, JSON.parse(text)]).toMatchObject([400, { ok: false, code: "malformed" }]);
  }
});

test("nobody renews without a certificate", async () => {
  expect((await call(own.gateway.port, "/v1/renew", { method: "POST", body: { csr: "x" } })).status).toBe(401);
});

test("a single-use token makes one node of many attempts over the wire", async () => {
  const token = await own.token();
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, i) => enrolAt(own.gateway.port, { token, name: `wire-${i}` })),
  );
  expect(answers.filter(({ answer }) => answer.ok)).toHaveLength(1);
  expect(await own.prisma.node.count({ where: { name: { startsWith: "wire-" } } })).toBe(1);
});

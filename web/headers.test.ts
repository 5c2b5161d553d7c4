// The policy of every answer: a nonce of its own, nothing inline.
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { contentSecurityPolicy, secure } from "./headers.ts";

function answerTo(options: { isHttps: boolean; isDev: boolean }): { req: IncomingMessage; res: ServerResponse } {
  const req = new IncomingMessage(new Socket());
  const res = new ServerResponse(req);
  secure(req, res, options);
  return { req, res };
}

test("nothing inline without the nonce, neither scripts nor styles nor style attributes", () => {
  const directives = new Map(
    contentSecurityPolicy("abc", false)
      .split("; ")
      .map((directive) => [directive.split(" ")[0], directive.split(" ").slice(1).join(" ")]),
  );
  expect(directives.get("script-src")).toBe("'self' 'nonce-abc' 'strict-dynamic'");
  expect(directives.get("script-src-attr")).toBe("'none'");
  expect(directives.get("style-src")).toBe("'self' 'nonce-abc'");
  expect(directives.has("style-src-attr")).toBe(false);
  expect(directives.has("style-src-elem")).toBe(false);
  for (const name of ["object-src", "base-uri", "frame-ancestors", "frame-src"])
    expect(directives.get(name)).toBe("'none'");
  expect(contentSecurityPolicy("abc", false)).not.toMatch(/unsafe|\*|http:|https:/);
});

test("every answer has a fresh nonce, and the pages get the same one", () => {
  const one = answerTo({ isHttps: false, isDev: false });
  const other = answerTo({ isHttps: false, isDev: false });
  const nonce = String(one.req.headers["x-nonce"]);
  expect(Buffer.from(nonce, "base64").length).toBe(16);
  expect(String(one.res.getHeader("content-security-policy"))).toContain(`style-src 'self' 'nonce-${nonce}'`);
  expect(one.req.headers["content-security-policy"]).toBe(one.res.getHeader("content-security-policy"));
  expect(other.req.headers["x-nonce"]).not.toBe(nonce);
});

test("strict transport only where there is TLS; nothing about other origins", () => {
  expect(answerTo({ isHttps: true, isDev: false }).res.getHeader("strict-transport-security")).toBe("max-age=31536000");
  const { res } = answerTo({ isHttps: false, isDev: false });
  expect(res.getHeader("strict-transport-security")).toBeUndefined();
  expect(res.getHeaderNames().filter((name) => name.startsWith("access-control"))).toEqual([]);
  expect(res.getHeader("x-content-type-options")).toBe("nosniff");
});

// The whole surface of the web process, reviewed here: a route that is added, removed or opened changes this list.
import { expect, test } from "vitest";
import { findRoute, ROUTES } from "./routes.ts";

test("the surface is the reviewed one", () => {
  expect(ROUTES.map(({ methods, path, access }) => `${methods.join("|")} ${path} ${access}`)).toEqual([
    "GET|HEAD /healthz public",
    "GET|HEAD /readyz public",
    "GET|HEAD /metrics local-or-signed-in",
    "GET /events signed-in",
    "GET|POST /api/trpc/* verb",
    "POST /api/auth/sign-in/email sign-in",
    "POST /api/auth/sign-in/social sign-in",
    "POST /api/auth/sign-in/break-glass sign-in",
    "GET /api/auth/callback/oidc sign-in",
    "POST /api/auth/two-factor/verify-totp sign-in",
    "POST /api/auth/two-factor/verify-backup-code sign-in",
    "POST /api/auth/sign-out sign-in",
    "GET|HEAD /_next/static/* public",
    "GET|HEAD /* public",
  ]);
});

test.each([
  ["GET", "/", "pages"],
  ["GET", "/nodes/lab-1", "pages"],
  ["HEAD", "/nowhere", "pages"],
  ["GET", "/_next/static/chunks/a.js", "pages"],
  ["POST", "/api/trpc/nodes.setMaintenance", "api"],
  ["GET", "/api/auth/callback/oidc", "auth"],
])("%s %s leads to %s", (method, path, target) => {
  expect(findRoute(method, path)).toMatchObject({ kind: "route", route: { target } });
});

test.each([
  "/api",
  "/api/",
  "/api/nothing",
  "/api/trpc",
  "/api/trpc/",
  "/api/auth/sign-up/email",
  "/api/auth/update-user",
  "/api/auth/get-session",
  "/api/auth/change-password",
  "/api/auth/two-factor/disable",
  "/api/auth/delete-user",
  "/api/auth/error",
  "/_next/image",
  "/_next/data/x.json",
  "/_next",
  "/__nextjs_original-stack-frame",
  "/_next/webpack-hmr",
  "/events/",
  "/metrics/x",
])("nothing lies at %s", (path) => {
  for (const method of ["GET", "POST"]) expect(findRoute(method, path)).toEqual({ kind: "none" });
});

test.each([
  ["POST", "/", ["GET", "HEAD"]],
  ["POST", "/nodes", ["GET", "HEAD"]],
  ["PUT", "/api/trpc/nodes.list", ["GET", "POST"]],
  ["GET", "/api/auth/sign-out", ["POST"]],
  ["OPTIONS", "/api/trpc/nodes.list", ["GET", "POST"]],
  ["TRACE", "/healthz", ["GET", "HEAD"]],
  ["get", "/healthz", ["GET", "HEAD"]],
])("%s %s is told which methods there are", (method, path, allowed) => {
  expect(findRoute(method, path)).toEqual({ kind: "methods", allowed });
});

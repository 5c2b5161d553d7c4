// What of the launcher's environment reaches a process: what it needs by name, never what happens to be there.
import { expect, test } from "vitest";
import { inheritedEnv } from "./processes.ts";

const launcher: NodeJS.ProcessEnv = {
  NODE_ENV: "test",
  PATH: "/bin",
  TZ: "Asia/Shanghai",
  LC_ALL: "C",
  LOG_LEVEL: "debug",
  DATABASE_URL: "postgresql://owner:secret@db/x",
  DATABASE_URL_WEB: "postgresql://web:secret@db/x",
  REDIS_URL: "redis://:secret@redis",
  OIDC_CLIENT_SECRET: "secret",
  TRUSTED_PROXIES: "10.0.0.0/8",
  NODEOPS_TOKEN: "secret",
  NODEOPS_URL: "https://elsewhere",
  AWS_SECRET_ACCESS_KEY: "secret",
  GITHUB_TOKEN: "secret",
  SSH_AUTH_SOCK: "/tmp/agent",
  HOME: "/root",
  LD_PRELOAD: "/tmp/x.so",
  DOCKER_HOST: "unix:///run/docker.sock",
};
const common = ["LC_ALL", "LOG_LEVEL", "NODE_ENV", "PATH", "TZ"];

test.each([
  { name: "web", own: ["OIDC_CLIENT_SECRET", "REDIS_URL", "TRUSTED_PROXIES"] },
  { name: "gateway", own: ["REDIS_URL"] },
  { name: "workers", own: ["REDIS_URL"] },
  { name: "dispatcher", own: [] },
  { name: "agent", own: ["DOCKER_HOST", "HOME"] },
] as const)("$name inherits only what it is meant to", ({ name, own }) => {
  const env = inheritedEnv(name, launcher);
  expect(Object.keys(env).sort()).toEqual([...common, ...own].sort());
  expect(env.NODE_ENV).toBe("production");
});

test("addresses of gates are known to those who plan them and who ask them, and to nobody else", () => {
  const launcher = { NODE_ENV: "test", NODEOPS_WEBHOOK_ALLOW: "https://gate.example.org/" } as const;
  const knows = (["web", "workers", "gateway", "dispatcher", "agent"] as const).filter(
    (name) => inheritedEnv(name, launcher).NODEOPS_WEBHOOK_ALLOW !== undefined,
  );
  expect(knows).toEqual(["web", "workers"]);
});

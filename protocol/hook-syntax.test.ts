// Hook descriptors: what Podman's and NVIDIA's own look like is taken, what would bring a program or an environment is not; whatever comes in, nothing is thrown.
import fc from "fast-check";
import { expect, it } from "vitest";
import { hookError, readHook } from "./hook-syntax.ts";
import { contentError, managedFormat } from "./managed-files.ts";

const right = {
  version: "1.0.0",
  hook: { path: "/usr/libexec/oci/hooks.d/route", args: ["route", "prestart"], timeout: 10 },
  when: { annotations: { "^net\\.example/route$": "^true$" }, hasBindMounts: true },
  stages: ["prestart"],
};
const text = (over: object) => JSON.stringify({ ...right, ...over });
const hook = (over: object) => text({ hook: { ...right.hook, ...over } });

it.each([
  ["as it is", text({})],
  ["for all", text({ when: { always: true } })],
  ["for commands", text({ when: { commands: [".*/python"] } })],
  ["without arguments", hook({ args: undefined })],
])("%s is taken", (_, content) => expect(hookError(content)).toBeNull());

it.each<[string, string]>([
  ["nothing", ""],
  ["no JSON", "{"],
  ["a list", "[]"],
  ["another version", text({ version: "0.1.0" })],
  ["a key more", text({ x: 1 })],
  ["an environment", hook({ env: ["LD_PRELOAD=/tmp/x.so"] })],
  ["no timeout", hook({ timeout: undefined })],
  ["a timeout of an hour", hook({ timeout: 3_600 })],
  ["a path that goes up", hook({ path: "/usr/libexec/../bin/sh" })],
  ["a relative path", hook({ path: "usr/bin/x" })],
  ["a path with a blank", hook({ path: "/usr/bin/x y" })],
  ["a line break in an argument", hook({ args: ["a\nb"] })],
  ["no containers", text({ when: {} })],
  ["never", text({ when: { always: false } })],
  ["all and some", text({ when: { always: true, commands: ["x"] } })],
  ["no stage", text({ stages: [] })],
  ["an unknown stage", text({ stages: ["prestop"] })],
])("%s is refused, and nothing of it quoted", (_, content) => {
  const error = hookError(content);
  expect(error).not.toBeNull();
  expect(error).not.toContain("/tmp");
  expect(contentError("/etc/containers/oci/hooks.d/route.json", content)).not.toBeNull();
});

it("is a format of managed files", () => {
  expect(managedFormat("/etc/containers/oci/hooks.d/route.json")).toBe("hook");
  for (const path of [
    "/etc/containers/oci/hooks.d/route.sh",
    "/usr/libexec/oci/hooks.d/route",
    "/etc/containers/oci/hooks.d/a/b.json",
  ])
    expect(managedFormat(path)).toBeNull();
});

it("never throws", () => {
  fc.assert(fc.property(fc.json(), (json) => ["string", "object"].includes(typeof readHook(json))));
  fc.assert(fc.property(fc.string(), (any) => typeof readHook(any) === "string"));
});

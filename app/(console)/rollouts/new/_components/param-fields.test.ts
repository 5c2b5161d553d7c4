// Forms of change kinds: each type of parameter has its field, and what is typed comes back as it was meant.
import { expect, test } from "vitest";
import { z } from "zod";
import { changes } from "../../../../../changes/list.ts";
import { faultsOf, fieldsOf, readParams, typeParams } from "./param-fields.ts";

const schema = z.strictObject({
  key: z
    .string()
    .regex(/^[a-z.]+$/)
    .max(100),
  content: z.string().max(262_144),
  mode: z.enum(["644", "600"]).default("644"),
  persist: z.boolean().default(true),
  retries: z.number().int().min(1).optional(),
  images: z.array(z.string().regex(/^\S+$/)).min(1),
  set: z.record(z.string(), z.string()),
  module: z.string().nullable(),
  action: z.strictObject({ type: z.enum(["a", "b"]), params: z.record(z.string(), z.unknown()) }),
});
const fields = fieldsOf(schema);

test("each parameter has the field of its type", () => {
  expect(
    fields.map(({ name, type, isRequired, isNullable, preset }) => [name, type, isRequired, isNullable, preset]),
  ).toEqual([
    ["key", "text", true, false, ""],
    ["content", "area", true, false, ""],
    ["mode", "choice", false, false, "644"],
    ["persist", "flag", false, false, "true"],
    ["retries", "number", false, false, ""],
    ["images", "lines", true, false, ""],
    ["set", "pairs", true, false, ""],
    ["module", "text", true, true, ""],
    ["action.type", "choice", true, false, ""],
    ["action.params", "json", true, false, ""],
  ]);
});

const typed = {
  key: " net.a ",
  content: " a\n",
  persist: "false",
  images: "a:1\n\nb:2 ",
  set: "team=web\nx=y=z",
  "action.type": "b",
  "action.params": '{"n":1}',
};

test("what is typed becomes parameters, and back", () => {
  const params = readParams(fields, typed);
  expect(schema.parse(params)).toEqual({
    key: "net.a",
    content: " a\n",
    mode: "644",
    persist: false,
    images: ["a:1", "b:2"],
    set: { team: "web", x: "y=z" },
    module: null,
    action: { type: "b", params: { n: 1 } },
  });
  expect(faultsOf(fields, typed)).toEqual({});
  expect(readParams(fields, typeParams(fields, params))).toEqual(params);
});

test("faults stand at their field", () => {
  const bad = {
    key: "A B",
    images: "a\nb c",
    set: "",
    retries: "many",
    "action.type": "a",
    "action.params": "no json",
  };
  expect(faultsOf(fields, bad)).toEqual({
    key: "format",
    content: "missing",
    retries: "number",
    images: "format",
    set: "missing",
    "action.params": "json",
  });
});

test("a schema of alternatives is one field of JSON", () => {
  const union = fieldsOf(
    z.discriminatedUnion("type", [z.object({ type: z.literal("a") }), z.object({ type: z.literal("b") })]),
  );
  expect(union).toEqual([expect.objectContaining({ name: "", type: "json" })]);
  expect(readParams(union, { "": '{"type":"b"}' })).toEqual({ type: "b" });
});

test("every kind of change has a form with a pattern that this browser reads", () => {
  for (const { kind, params } of changes) {
    const form = fieldsOf(params);
    expect(form.length, kind).toBeGreaterThan(0);
    expect(() => faultsOf(form, Object.fromEntries(form.map(({ name }) => [name, "x"]))), kind).not.toThrow();
  }
});

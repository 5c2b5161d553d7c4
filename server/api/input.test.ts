// API inputs: what verbs take comes through as it was; an envelope that asks for more is refused before it is walked.
import { TRPCError } from "@trpc/server";
import superjson from "superjson";
import { expect, test } from "vitest";
import { inputs } from "./input.ts";

const read = (json: string): unknown => inputs.deserialize(JSON.parse(json));

test.each([
  { name: "a date", value: { from: new Date(0), page: 2 } },
  { name: "nothing", value: undefined },
  { name: "nothing inside", value: { search: undefined, state: ["open"] } },
  { name: "a date alone", value: new Date(5) },
  { name: "one thing twice", value: ((one) => ({ a: one, b: one }))({ id: "x" }) },
])("$name comes through", ({ value }) => {
  expect(read(JSON.stringify(superjson.serialize(value)))).toEqual(value);
});

test.each([
  { name: "a regular expression", json: '{"json":"/(a+)+$/","meta":{"values":["regexp"]}}' },
  { name: "a path to a prototype", json: '{"json":{"a":"x"},"meta":{"values":{"__proto__.a":["Date"]}}}' },
  // superjson's own reader would run into itself until the stack is full.
  { name: "types that are no list", json: '{"json":{"a":1},"meta":{"values":{"a":"bigint"}}}' },
  { name: "types of types", json: '{"json":{"a":[]},"meta":{"values":{"a":["map",{"0":["Date"]}]}}}' },
  { name: "no envelope", json: "[]" },
])("$name is refused", ({ json }) => {
  expect(() => read(json)).toThrow(TRPCError);
  expect(Object.keys(Object.prototype)).toEqual([]);
});

// What a browser or a script can send to the API: superjson envelopes, which name paths into the value that they carry.
import { TRPCError } from "@trpc/server";
import { inputs } from "../../server/api/input.ts";
import { asText, type Decoder } from "../decoder.ts";
import { jsonInputs } from "../mutate-text.ts";
import { readJson } from "./json.ts";

export const apiInput: Decoder = {
  name: "api-input",
  what: "an API input (superjson), from anyone; its paths must never reach a prototype",
  generate: jsonInputs([
    { json: { id: "a", state: ["open"], page: 1 } },
    { json: "2026-03-01T08:09:10.000Z", meta: { values: ["Date"], v: 1 } },
    { json: { id: "a", labels: { zone: "b" }, at: "2026-03-01T08:09:10.000Z" }, meta: { values: { at: ["Date"] } } },
    {
      json: { a: [1, 2], b: { c: "x" } },
      meta: { values: { "a.0": ["bigint"], "b.c": ["undefined"], "__proto__.x": ["Date"] } },
    },
    {
      json: { a: ["x"], c: null },
      meta: {
        values: { a: ["set"], c: ["number"] },
        referentialEqualities: { a: ["c"], "constructor.prototype": ["c.__proto__"] },
      },
    },
    { json: { a: [["k", "v"]], r: "/x/g" }, meta: { values: { a: ["map", { "0.1": ["URL"] }], r: ["regexp"] }, v: 1 } },
    { json: {}, meta: { referentialEqualities: [["a"], { "__proto__.polluted": ["constructor.prototype"] }] } },
  ]),
  decode(input) {
    const json = readJson(asText(input));
    if (!json) return false;
    try {
      inputs.deserialize(json.value);
      return true;
    } catch (err) {
      if (err instanceof TRPCError && err.code === "BAD_REQUEST") return false;
      throw err;
    }
  },
};

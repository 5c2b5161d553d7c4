// Hints reach exactly the queries that read what changed.
import { expect, test } from "vitest";
import { isStale, parseChange } from "./changes.ts";

const A = "0190a0a0-0000-7000-8000-00000000000a";
const B = "0190a0a0-0000-7000-8000-00000000000b";

test.each([
  {
    name: "list of the domain",
    change: { domain: "nodes", ids: [A] },
    procedure: "nodes.list",
    input: {},
    stale: true,
  },
  { name: "that node", change: { domain: "nodes", ids: [A] }, procedure: "nodes.get", input: { node: A }, stale: true },
  {
    name: "another node",
    change: { domain: "nodes", ids: [A] },
    procedure: "nodes.get",
    input: { node: B },
    stale: false,
  },
  {
    name: "a node by name",
    change: { domain: "nodes", ids: [A] },
    procedure: "nodes.get",
    input: { node: "w1" },
    stale: true,
  },
  { name: "any node", change: { domain: "nodes", ids: [] }, procedure: "nodes.facts", input: { node: B }, stale: true },
  {
    name: "other domain reads it",
    change: { domain: "repairs", ids: [A] },
    procedure: "findings.get",
    input: { id: B },
    stale: true,
  },
  {
    name: "what we are doing about a question",
    change: { domain: "repairs", ids: [A] },
    procedure: "diagnosis.case",
    input: { id: B },
    stale: true,
  },
  {
    name: "that incident",
    change: { domain: "incidents", ids: [A] },
    procedure: "incidents.get",
    input: { id: A },
    stale: true,
  },
  {
    name: "another incident",
    change: { domain: "incidents", ids: [A] },
    procedure: "incidents.get",
    input: { id: B },
    stale: false,
  },
  {
    name: "a finding knows its incident",
    change: { domain: "incidents", ids: [A] },
    procedure: "findings.get",
    input: { id: B },
    stale: true,
  },
  {
    name: "a new mode or mute",
    change: { domain: "checks", ids: [] },
    procedure: "inspections.check",
    input: { id: "runtime-down" },
    stale: true,
  },
  {
    name: "what the editor is typing stays",
    change: { domain: "checks", ids: [] },
    procedure: "customChecks.tryFixtures",
    input: {},
    stale: false,
  },
  { name: "unrelated", change: { domain: "tokens", ids: [] }, procedure: "nodes.list", input: {}, stale: false },
  {
    name: "no prefix accidents",
    change: { domain: "accounts", ids: [] },
    procedure: "accountsX.list",
    input: {},
    stale: false,
  },
] as const)("$name", ({ change, procedure, input, stale }) => {
  expect(isStale({ domain: change.domain, ids: [...change.ids] }, procedure, input)).toBe(stale);
});

test("hints are parsed, noise is dropped", () => {
  expect(parseChange('{"domain":"nodes","ids":["x"]}')).toEqual({ domain: "nodes", ids: ["x"] });
  expect(parseChange('{"domain":"nodes"}')).toEqual({ domain: "nodes", ids: [] });
  expect(parseChange('{"domain":"*","ids":[]}')).toEqual({ domain: "*" });
  for (const noise of ["", "null", "[]", "{", '{"domain":"toString"}', '{"domain":7}'])
    expect(parseChange(noise)).toBeNull();
});

test("when the server lost track, everything is stale", () => {
  expect(isStale({ domain: "*" }, "audit.list", {})).toBe(true);
});

// The decision against the model, for random people, permissions and nodes.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  brokenParts,
  expectedOutcome,
  type ModelNode,
  type Outcome,
  type Part,
  parts,
  type Subject,
} from "../../testing/access-model.ts";
import { type On, type Permission, permissions, roles, STEP_UP_MS } from "./access.ts";
import { authorise, requirePresence } from "./authorise.ts";
import { type Actor, anonymous } from "./context.ts";
import { AppError } from "./errors.ts";
import { mayHear } from "./hints.ts";

const allPermissions = Object.keys(permissions) as Permission[];
const ons: On[] = ["fleet", "node", "self"];
const nodes: ModelNode[] = [
  { pool: "own", labels: {} },
  { pool: "own", labels: { team: "web" } },
  { pool: "other", labels: { team: "web" } },
  { pool: "third", labels: { team: "core" } },
];

const grant = fc.record({
  role: fc.constantFrom(...roles),
  where: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom<Part>(...Object.values(parts)).map((part) => ({ text: part.text, part })) },
    { weight: 1, arbitrary: fc.constantFrom(...brokenParts).map((text) => ({ text, part: null })) },
  ),
});
const subject = fc.record({
  kind: fc.constantFrom("user" as const, "token" as const),
  grants: fc.array(grant, { maxLength: 4 }),
  scopes: fc.option(fc.subarray(allPermissions, { maxLength: 6 }), { nil: null }),
});

type Drawn = typeof subject extends fc.Arbitrary<infer T> ? T : never;

function actorOf({ kind, grants, scopes }: Drawn): Actor {
  const held = grants.map(({ role, where }) => ({ role, selector: where.text }));
  if (kind === "token") return { kind, id: "t", name: "t", grants: held, scopes, ownerId: null };
  return { kind, id: "u", name: "u", grants: held, sessionId: "s", verifiedAt: null, breakGlassUntil: null };
}

const modelOf = ({ kind, grants, scopes }: Drawn): Subject => ({
  kind,
  grants: grants.map(({ role, where }) => ({ role, part: where.part })),
  scopes: kind === "token" ? scopes : null,
});

function decided(rule: { access: Permission; on: On }, actor: Actor, node: ModelNode | null): Outcome {
  try {
    const scope = authorise({ name: "test.verb", ...rule }, actor);
    if (rule.on !== "node" || node === null) return "allowed";
    scope.require({ name: "n", zone: "", rack: "", ...node });
    return "allowed";
  } catch (err) {
    if (
      err instanceof AppError &&
      (err.code === "unauthenticated" || err.code === "forbidden" || err.code === "not_found")
    )
      return err.code;
    throw err;
  }
}

test("what is decided is what the model says, a million times", { timeout: 120_000 }, () => {
  let checks = 0;
  const seen = new Map<Outcome, number>();
  fc.assert(
    fc.property(subject, (drawn) => {
      const actor = actorOf(drawn);
      const model = modelOf(drawn);
      for (const access of allPermissions) {
        for (const on of ons) {
          for (const node of [null, ...nodes]) {
            const expected = expectedOutcome({ access, on }, model, node);
            seen.set(expected, (seen.get(expected) ?? 0) + 1);
            checks += 1;
            if (decided({ access, on }, actor, node) !== expected) return false;
          }
        }
      }
      return true;
    }),
    { numRuns: 3_200 },
  );
  console.log(`model: ${checks} checks, ${JSON.stringify(Object.fromEntries(seen))}`);
  expect(checks).toBeGreaterThan(1_000_000);
  for (const outcome of ["allowed", "forbidden", "not_found"] as const)
    expect(seen.get(outcome)).toBeGreaterThan(10_000);
});

test("who has not signed in may nothing", () => {
  for (const access of allPermissions)
    for (const on of ons) expect(decided({ access, on }, anonymous, null)).toBe("unauthenticated");
  expect(mayHear(anonymous, { domain: "accounts" })).toBe(false);
});

test("presence: people need a proof of the last minutes, tokens cannot give one", () => {
  const now = new Date("2026-01-01T12:00:00Z");
  const at = (ms: number | null): Actor => ({
    kind: "user",
    id: "u",
    name: "u",
    grants: [],
    sessionId: "s",
    verifiedAt: ms === null ? null : new Date(now.getTime() - ms),
    breakGlassUntil: null,
  });
  const refused = { code: "forbidden", details: { stepUp: true } };
  expect(() => requirePresence("v", at(null), now)).toThrow(expect.objectContaining(refused));
  expect(() => requirePresence("v", at(STEP_UP_MS + 1), now)).toThrow(expect.objectContaining(refused));
  expect(() => requirePresence("v", at(STEP_UP_MS), now)).not.toThrow();
  expect(() =>
    requirePresence("v", { kind: "token", id: "t", name: "t", grants: [], scopes: null, ownerId: null }, now),
  ).not.toThrow();
});

test("a change is heard by whoever may read such things somewhere", () => {
  const viewer = actorOf({
    kind: "user",
    grants: [{ role: "viewer", where: { text: "pool=own", part: parts.own } }],
    scopes: null,
  });
  expect(mayHear(viewer, { domain: "findings" })).toBe(true);
  expect(mayHear(viewer, { domain: "tokens" })).toBe(false);
  const nobody = actorOf({ kind: "user", grants: [], scopes: null });
  expect(mayHear(nobody, { domain: "findings" })).toBe(false);
  expect(mayHear(nobody, { domain: "accounts" })).toBe(true);
});

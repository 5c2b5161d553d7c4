// Who calls in the tests of the surface: each as the product knows them (rows and headers) and as the model knows them.
import { type Grant, type Permission, permissions, type Role } from "../server/core/access.ts";
import { type Part, parts, type Subject } from "./access-model.ts";
import type { PersonRows } from "./actors.ts";
import type { TestApi } from "./api.ts";

export type Signed = { headers: Record<string, string> } & Partial<Omit<PersonRows, "headers">>;
export type Caller = {
  name: string;
  model: Subject;
  /** Has not proved lately to be there. */
  isStale: boolean;
  grants: readonly Grant[];
  /** Made anew for calls that change something, so that one call's end of a session is not the next one's. */
  sign: () => Promise<Signed>;
};

type Held = readonly [Role, Part];

const grantsOf = (held: readonly Held[]): Grant[] => held.map(([role, { text }]) => ({ role, selector: text }));
const modelOf = (kind: "user" | "token", held: readonly Held[], scopes: Permission[] | null): Subject => ({
  kind,
  grants: held.map(([role, part]) => ({ role, part })),
  scopes,
});

/** Whether the model gives the caller anything at all in this pool. */
export const mayKnow = ({ model }: Caller, pool: string): boolean =>
  model.kind !== "anonymous" && model.grants.some(({ part }) => part?.selects({ pool, labels: {} }));

export function makeCallers(api: TestApi): Caller[] {
  const token = (name: string, held: Held[], scopes: Permission[] | null = null): Caller => ({
    name: `token: ${name}`,
    model: modelOf("token", held, scopes),
    isStale: false,
    grants: grantsOf(held),
    sign: () => api.addToken({ grants: grantsOf(held), ...(scopes ? { scopes } : {}) }),
  });
  const person = (name: string, held: Held[], verified: "now" | "an hour ago" | "never" = "now"): Caller => ({
    name: `person: ${name}`,
    model: modelOf("user", held, null),
    isStale: verified !== "now",
    grants: grantsOf(held),
    sign: () =>
      api.addPerson({
        grants: grantsOf(held),
        verifiedAt: verified === "never" ? null : new Date(api.at.getTime() - (verified === "now" ? 0 : 3_600_000)),
      }),
  });
  const nobody = (name: string, sign: Caller["sign"]): Caller => ({
    name: `nobody: ${name}`,
    model: { kind: "anonymous" },
    isStale: false,
    grants: [],
    sign,
  });
  const past = new Date(api.at.getTime() - 1);
  const { whole, own } = parts;
  return [
    nobody("no credentials", async () => ({ headers: {} })),
    nobody("a made-up token", async () => ({ headers: { authorization: `Bearer nopt_${"x".repeat(43)}` } })),
    nobody("an expired token", () => api.addToken({ role: "admin", expiresAt: past })),
    nobody("a revoked token", () => api.addToken({ role: "admin", revokedAt: past })),
    nobody("a token whose grant has ended", () =>
      api.addToken({ grants: [{ role: "admin", selector: "*" }], grantsExpireAt: past }),
    ),
    nobody("a disabled person", () => api.addPerson({ role: "admin", disabledAt: past })),
    nobody("an ended session", () => api.addPerson({ role: "admin", sessionEndsAt: past })),
    nobody("a session signed by somebody else", () => api.addPerson({ role: "admin" }, "another secret")),
    ...(["viewer", "user", "operator", "approver", "admin"] as const).flatMap((role) => [
      token(`${role} of the fleet`, [[role, whole]]),
      token(`${role} of the own pool`, [[role, own]]),
    ]),
    token(
      "admin of the fleet, made for everything by name",
      [["admin", whole]],
      Object.keys(permissions) as Permission[],
    ),
    token("operator with the scope nodes:read", [["operator", whole]], ["nodes:read"]),
    token("admin of the own pool with the scope findings:write", [["admin", own]], ["findings:write"]),
    token("viewer of the fleet, operator of the own pool", [
      ["viewer", whole],
      ["operator", own],
    ]),
    token("operator of no node at all", [["operator", parts.nobody]]),
    person("without any role", []),
    person("admin of the fleet", [["admin", whole]]),
    person("admin of the fleet, confirmed an hour ago", [["admin", whole]], "an hour ago"),
    person("operator of the own pool, never confirmed", [["operator", own]], "never"),
  ];
}

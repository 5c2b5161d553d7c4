// Rights as they hold now: the role in the whole fleet and grants for parts of it.
import { isWholeFleet, parseSelector } from "../../selectors/parse.ts";
import { can, type Grant, type Permission, permissions, type Role, roles } from "../core/access.ts";
import { AppError } from "../core/errors.ts";

/** In the database: no role in the whole fleet, only grants. */
export const NO_ROLE = "none";

/** A role by its stored name; null for "none" and for names of another version. */
export const asRole = (value: unknown): Role | null => roles.find((role) => role === value) ?? null;

type StoredGrant = { role: string; selector: string; expiresAt: Date | null };

/** Selects what `grantsOf` needs. */
export const GRANT_FIELDS = { role: true, selector: true, expiresAt: true } as const;

/** Grants that hold at `now`, the fleet-wide role first. */
export function grantsOf(role: string, stored: readonly StoredGrant[], now: Date): Grant[] {
  const fleet = asRole(role);
  const parts = stored.flatMap(({ role: name, selector, expiresAt }) => {
    const known = asRole(name);
    return known && selector !== "" && (expiresAt === null || expiresAt > now) ? [{ role: known, selector }] : [];
  });
  return fleet ? [{ role: fleet, selector: "*" }, ...parts] : parts;
}

const permissionNames = Object.keys(permissions) as Permission[];

/** Permissions that these grants give anywhere. */
export const permissionsOf = (grants: readonly Grant[], scopes: readonly Permission[] | null = null): Permission[] =>
  permissionNames.filter(
    (permission) => grants.some(({ role }) => can(role, permission)) && (!scopes || scopes.includes(permission)),
  );

/** Whether `after` allows anything that `before` does not. Selectors are compared as texts: another text counts as more. */
export function isMore(before: readonly Grant[], after: readonly Grant[]): boolean {
  const isCovered = (grant: Grant) =>
    permissionNames.every(
      (permission) =>
        !can(grant.role, permission) ||
        before.some(
          ({ role, selector }) => can(role, permission) && (isWholeFleet(selector) || selector === grant.selector),
        ),
    );
  return !after.every(isCovered);
}

/** @throws AppError("invalid") for a selector that nobody can read */
export function checkSelector(text: string): void {
  const parsed = parseSelector(text);
  if (!parsed.ok)
    throw new AppError("invalid", `selector: ${parsed.error.en}`, { details: { selector: parsed.error } });
}

// Who may do what: one table of role × permission, read by verbs and by the console alike. Client-safe.

export const roles = ["viewer", "user", "operator", "approver", "admin"] as const;
export type Role = (typeof roles)[number];

const everyone: readonly Role[] = roles;
const staff: readonly Role[] = ["operator", "approver", "admin"];
const admins: readonly Role[] = ["admin"];

/** A role that is not listed is denied. */
export const permissions = {
  "nodes:read": everyone,
  "nodes:write": ["operator", "admin"],
  "findings:read": everyone,
  "findings:write": ["operator", "admin"],
  "repairs:read": everyone,
  "repairs:run": ["operator", "admin"],
  "containers:read": everyone,
  "tokens:read": staff,
  "tokens:write": admins,
  "accounts:self": everyone,
  "accounts:write": admins,
  "audit:read": staff,
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof permissions;

/** True only when the table lists the role. */
export function can(role: Role | null | undefined, permission: Permission): boolean {
  return role != null && (permissions[permission] as readonly Role[]).includes(role);
}

// The database's roles: one owns the schema and only migrates, each server process has one of its own that may do what server/core/grants.ts lists.
import pg from "pg";
import { type ServerProcess, serverProcesses } from "./secrets.ts";

/** Connections each role may hold at once; together they leave room for the owner in PostgreSQL's 200. */
const CONNECTION_LIMITS: Record<ServerProcess, number> = { web: 60, gateway: 40, workers: 70, dispatcher: 10 };

/** Roles belong to the whole server, so they carry the database's name: two consoles on one server never share them. */
export const roleName = (database: string, process: ServerProcess): string => `${database}_${process}`;

export type Passwords = Record<ServerProcess, string>;

/**
 * Makes the processes' roles when missing and sets their passwords. Idempotent.
 *
 * @param client of an account that may create roles
 * @throws DatabaseError 42501 when it may not
 */
export async function ensureRoles(
  client: Pick<pg.Client, "query">,
  database: string,
  passwords: Passwords,
): Promise<void> {
  const names = serverProcesses.map((process) => roleName(database, process));
  const { rows } = await client.query<{ rolname: string }>("SELECT rolname FROM pg_roles WHERE rolname = ANY($1)", [
    names,
  ]);
  const known = new Set(rows.map(({ rolname }) => rolname));
  const statements = serverProcesses.map((process) => {
    const name = roleName(database, process);
    const verb = known.has(name) ? "ALTER" : "CREATE";
    return `${verb} ROLE ${pg.escapeIdentifier(name)} LOGIN NOINHERIT CONNECTION LIMIT ${CONNECTION_LIMITS[process]} PASSWORD ${pg.escapeLiteral(passwords[process])}`;
  });
  await client.query(statements.join(";\n"));
}

/** The database's address for one process: same server and database, its own role. */
export function roleUrl(ownerUrl: string, process: ServerProcess, password: string): string {
  const url = new URL(ownerUrl);
  url.username = roleName(decodeURIComponent(url.pathname.slice(1)), process);
  url.password = password;
  return url.href;
}

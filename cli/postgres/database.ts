// Roles and database of the product inside the embedded cluster: an ordinary role that owns its database and nothing else, and one for each process.
import pg from "pg";
import { ensureRoles, type Passwords } from "../../server/core/roles.ts";
import { ADMIN_USER } from "./cluster.ts";

/** Role and database name of the product. */
export const APP_NAME = "nodeops";

/** Connection string to the local cluster; database "postgres" for the superuser. */
export function localUrl(port: number, password: string, user: string = APP_NAME, database: string = user): string {
  return `postgresql://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}

export const adminUrl = (port: number, password: string) => localUrl(port, password, ADMIN_USER);

/** Makes roles and database when missing and sets the roles' passwords. Idempotent. */
export async function ensureAppDatabase(url: string, password: string, passwords: Passwords): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const role = await client.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [APP_NAME]);
    const verb = role.rowCount ? "ALTER" : "CREATE";
    await client.query(`${verb} ROLE ${APP_NAME} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
    const database = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [APP_NAME]);
    if (!database.rowCount) await client.query(`CREATE DATABASE ${APP_NAME} OWNER ${APP_NAME}`);
    await ensureRoles(client, APP_NAME, passwords);
  } finally {
    await client.end();
  }
}

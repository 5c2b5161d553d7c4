// The database itself is asked what each process may do, for every table and column, and made to refuse what it must refuse.

import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { addNode } from "../../testing/fleet.ts";
import { sequenceGrants, tableGrants } from "./grants.ts";
import { roleName } from "./roles.ts";
import { type ServerProcess, serverProcesses } from "./secrets.ts";

/** Kept by the owner for itself. */
const OWNERS_OWN = ["_prisma_migrations"];
const VERBS = ["SELECT", "INSERT", "UPDATE", "DELETE"] as const;
type Verb = (typeof VERBS)[number];

let database: TestDatabase;
const clients = new Map<ServerProcess, pg.Client>();
const as = (process: ServerProcess): pg.Client => {
  const client = clients.get(process);
  if (!client) throw new Error(`no connection as ${process}`);
  return client;
};

beforeAll(async () => {
  database = await testDatabase();
  for (const process of serverProcesses) {
    const client = new pg.Client({ connectionString: database.urlOf(process) });
    await client.connect();
    clients.set(process, client);
  }
});
afterAll(async () => {
  for (const client of clients.values()) await client.end();
  await database.drop();
});

/** "SELECT, UPDATE (a, b)" → whether a verb is allowed on a column; on no column: on the whole table. */
function allows(privileges: string | undefined, verb: Verb, column?: string): boolean {
  for (const [, name, columns] of (privileges ?? "").matchAll(/([A-Z]+)(?: \(([^)]*)\))?/g)) {
    if (name !== verb) continue;
    if (columns === undefined) return true;
    if (column !== undefined && columns.split(", ").includes(column)) return true;
  }
  return false;
}

async function columnsOfTables(): Promise<Map<string, string[]>> {
  const { rows } = await database.pool.query<{ table: string; columns: string[] }>(
    `SELECT table_name AS "table", array_agg(column_name::text ORDER BY ordinal_position) AS columns
     FROM information_schema.columns WHERE table_schema = 'public' GROUP BY 1`,
  );
  return new Map(rows.map(({ table, columns }) => [table, columns]));
}

/** SQLSTATE of what a statement ends with; null when it was carried out. It changes nothing: it is rolled back. */
async function refusalOf(client: pg.Client, sql: string, values: unknown[] = []): Promise<string | null> {
  await client.query("BEGIN");
  try {
    await client.query(sql, values);
    return null;
  } catch (err) {
    if (!(err instanceof pg.DatabaseError)) throw err;
    return err.code ?? err.message;
  } finally {
    await client.query("ROLLBACK");
  }
}

test("every table is decided about, and no line speaks of a table or column that is not there", async () => {
  const tables = await columnsOfTables();
  expect([...tables.keys()].sort()).toEqual([...Object.keys(tableGrants), ...OWNERS_OWN].sort());
  for (const [table, grants] of Object.entries(tableGrants)) {
    for (const privileges of Object.values(grants)) {
      const named = [...privileges.matchAll(/\(([^)]*)\)/g)].flatMap(([, columns = ""]) => columns.split(", "));
      const known = [...(tables.get(table) ?? []), "ctid"];
      expect(
        named.filter((column) => !known.includes(column)),
        table,
      ).toEqual([]);
    }
  }
});

test("what the database allows each process, act by act, is what the table says", async () => {
  const acts: { process: ServerProcess; act: string; sql: string; isAllowed: boolean }[] = [];
  for (const [table, columns] of await columnsOfTables()) {
    for (const process of serverProcesses) {
      const declared = tableGrants[table]?.[process];
      const add = (act: string, sql: string, isAllowed: boolean) =>
        acts.push({ process, act: `${act} ${table}`, sql, isAllowed });
      for (const column of columns) {
        const name = `"${column}"`;
        add(`SELECT ${column}`, `SELECT ${name} FROM "${table}" LIMIT 0`, allows(declared, "SELECT", column));
        add(
          `UPDATE ${column}`,
          `UPDATE "${table}" SET ${name} = DEFAULT WHERE false`,
          allows(declared, "UPDATE", column),
        );
        const empty = `SELECT t.${name} FROM (SELECT NULL::"${table}" AS r) x, LATERAL (SELECT (x.r).*) t WHERE false`;
        add(`INSERT ${column}`, `INSERT INTO "${table}" (${name}) ${empty}`, allows(declared, "INSERT", column));
      }
      add("DELETE", `DELETE FROM "${table}" WHERE false`, allows(declared, "DELETE"));
      add("TRUNCATE", `TRUNCATE "${table}"`, false);
      add(
        "LOCK",
        `LOCK TABLE "${table}" IN ACCESS EXCLUSIVE MODE`,
        VERBS.slice(2).some((verb) => allows(declared, verb)),
      );
      add("ALTER", `ALTER TABLE "${table}" DISABLE TRIGGER ALL`, false);
    }
  }
  const wrong: string[] = [];
  for (const { process, act, sql, isAllowed } of acts) {
    const refusal = await refusalOf(as(process), sql);
    if ((refusal === null) !== isAllowed || (refusal !== null && refusal !== "42501"))
      wrong.push(`${process}: ${act}: ${refusal ?? "done"}, declared ${isAllowed ? "allowed" : "denied"}`);
  }
  expect(wrong).toEqual([]);
  const refused = acts.filter(({ isAllowed }) => !isAllowed).length;
  console.log(`${acts.length} acts of ${serverProcesses.length} roles: ${refused} refused, all as declared`);
});

test("roles have no rights beside the tables': none of the server, of everybody's, of functions or of shape", async () => {
  const names = serverProcesses.map((process) => roleName("nodeops", process));
  const { rows: roles } = await database.pool.query(
    `SELECT rolname FROM pg_roles WHERE rolname = ANY($1) AND rolcanlogin AND rolconnlimit > 0
     AND NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls OR rolinherit)`,
    [names],
  );
  expect(roles).toHaveLength(names.length);
  const { rows: members } = await database.pool.query(
    "SELECT 1 FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = ANY($1)",
    [names],
  );
  expect(members).toEqual([]);
  const { rows: everybodys } = await database.pool.query(
    `SELECT c.relname FROM pg_class c, aclexplode(c.relacl) a WHERE a.grantee = 0 AND c.relnamespace::regnamespace::text IN ('public', 'bullmq')
     UNION ALL SELECT p.proname FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
     WHERE a.grantee = 0 AND p.pronamespace::regnamespace::text IN ('public', 'bullmq')`,
  );
  expect(everybodys).toEqual([]);
  for (const process of serverProcesses) {
    expect(await refusalOf(as(process), "CREATE TABLE public.mine (a int)"), process).toBe("42501");
    expect(await refusalOf(as(process), "CREATE SCHEMA mine"), process).toBe("42501");
    expect(await refusalOf(as(process), "SET ROLE nodeops"), process).toBe("42501");
    expect(await refusalOf(as(process), "CREATE ROLE mine"), process).toBe("42501");
    expect(await refusalOf(as(process), "COPY (SELECT 1) TO PROGRAM 'true'"), process).toBe("42501");
    expect(await refusalOf(as(process), "SELECT pg_read_file('/etc/passwd')"), process).toBe("42501");
    expect(await refusalOf(as(process), "SELECT audit_hash(NULL)"), process).toBe("42501");
  }
});

test("sequences are for who fills their columns", async () => {
  for (const [sequence, grants] of Object.entries(sequenceGrants))
    for (const process of serverProcesses)
      expect(await refusalOf(as(process), `SELECT nextval('${sequence}')`), process).toBe(
        grants[process] === undefined ? "42501" : null,
      );
});

describe("acts that would undo what the console promises", () => {
  const forbidden: { process: ServerProcess; what: string; sql: string }[] = [
    ...serverProcesses.flatMap((process) => [
      { process, what: "edits the trail", sql: "UPDATE audit_event SET actor = 'system:nobody'" },
      { process, what: "deletes from the trail", sql: "DELETE FROM audit_event" },
      { process, what: "cuts the trail off", sql: "TRUNCATE audit_event" },
      { process, what: "moves the trail's end", sql: "UPDATE audit_head SET seq = 0, hash = ''" },
      { process, what: "switches the trail's trigger off", sql: "ALTER TABLE audit_event DISABLE TRIGGER ALL" },
      { process, what: "replaces the trail's trigger", sql: "DROP FUNCTION audit_link() CASCADE" },
      { process, what: "deletes a command", sql: "DELETE FROM command" },
      { process, what: "deletes a freeze", sql: 'DELETE FROM "freeze"' },
    ]),
    { process: "web", what: "writes a command", sql: "INSERT INTO command (id) VALUES (gen_random_uuid())" },
    { process: "web", what: "alters a command", sql: "UPDATE command SET state = 'signed'" },
    {
      process: "web",
      what: "puts its own signature",
      sql: "UPDATE command SET signature = '\\x00', payload = '\\x00'",
    },
    { process: "web", what: "lifts a freeze", sql: 'UPDATE "freeze" SET lifted_at = now()' },
    {
      process: "web",
      what: "sets a freeze that is lifted already",
      sql: `INSERT INTO "freeze" (reason, set_by, set_by_name, set_at, lifted_at) VALUES ('', '', '', now(), now())`,
    },
    { process: "web", what: "accepts its own approval", sql: "UPDATE approval SET verdict = 'accepted'" },
    { process: "web", what: "activates an approval key", sql: "UPDATE approval_key SET state = 'active'" },
    { process: "web", what: "rewinds a node's generation", sql: "UPDATE node SET generation = 0" },
    { process: "workers", what: "signs a command", sql: "UPDATE command SET signature = '\\x00'" },
    { process: "workers", what: "swaps a signed payload", sql: "UPDATE command SET payload = '\\x00'" },
    { process: "workers", what: "names another key", sql: "UPDATE command SET key_id = ''" },
    { process: "workers", what: "renumbers a command", sql: "UPDATE command SET generation = 0" },
    {
      process: "workers",
      what: "inserts a signed command",
      sql: "INSERT INTO command (id, signature) VALUES (gen_random_uuid(), '\\x00')",
    },
    { process: "workers", what: "lifts a freeze", sql: 'UPDATE "freeze" SET lifted_at = now()' },
    { process: "workers", what: "approves", sql: "INSERT INTO approval (id) VALUES (gen_random_uuid())" },
    { process: "workers", what: "makes somebody an administrator", sql: `UPDATE "user" SET role = 'admin'` },
    { process: "workers", what: "reads passwords", sql: "SELECT password FROM account" },
    { process: "workers", what: "reads session tokens", sql: "SELECT token FROM session" },
    { process: "workers", what: "reads hashes of API tokens", sql: "SELECT hash FROM api_token" },
    { process: "gateway", what: "reads passwords", sql: "SELECT password FROM account" },
    { process: "gateway", what: "reads people", sql: 'SELECT id FROM "user"' },
    { process: "gateway", what: "reads session tokens", sql: "SELECT token FROM session" },
    { process: "gateway", what: "reads second factors", sql: "SELECT secret FROM two_factor" },
    { process: "gateway", what: "makes a join token", sql: "INSERT INTO join_token (id) VALUES ('x')" },
    { process: "gateway", what: "gives a join token more uses", sql: "UPDATE join_token SET max_uses = 1000" },
    { process: "gateway", what: "un-revokes a node", sql: "UPDATE node SET revoked_at = NULL" },
    { process: "gateway", what: "alters a signed payload", sql: "UPDATE command SET payload = '\\x00'" },
    { process: "gateway", what: "inserts a command", sql: "INSERT INTO command (id) VALUES (gen_random_uuid())" },
    { process: "gateway", what: "starts a repair", sql: "INSERT INTO repair (id) VALUES (gen_random_uuid())" },
    { process: "dispatcher", what: "reads passwords", sql: "SELECT password FROM account" },
    { process: "dispatcher", what: "changes a plan", sql: "UPDATE repair SET plan = '{}'" },
    { process: "dispatcher", what: "changes what a command does", sql: "UPDATE command SET type = 'x', params = '{}'" },
    {
      process: "dispatcher",
      what: "signs an approval for somebody",
      sql: "INSERT INTO approval (id) VALUES (gen_random_uuid())",
    },
    { process: "dispatcher", what: "puts a job on a queue", sql: "SELECT count(*) FROM bullmq.job" },
  ];
  test.each(forbidden)("$process $what", async ({ process, sql }) => {
    expect(await refusalOf(as(process), sql)).toBe("42501");
  });
});

test("the trail grows all the same, and its numbers are the database's", async () => {
  const nodeId = await addNode(database.prisma, { name: "audited" });
  const insert = `INSERT INTO audit_event (id, at, actor, actor_name, action, entity, entity_id, node_id, seq, hash)
    VALUES (gen_random_uuid(), now(), $1, $1, 'test', 'node', $2::text, $2::uuid, 999, 'mine') RETURNING seq, hash`;
  const before = (await database.pool.query<{ seq: string }>("SELECT seq FROM audit_head")).rows[0]?.seq ?? "";
  for (const [index, process] of serverProcesses.entries()) {
    const { rows } = await as(process).query<{ seq: string; hash: string }>(insert, [`system:${process}`, nodeId]);
    expect(Number(rows[0]?.seq), process).toBe(Number(before) + index + 1);
    expect(rows[0]?.hash, process).toMatch(/^[0-9a-f]{64}$/);
  }
});

// Somebody has a shell as one of the server's processes. What they try next, on a real console with a real node; only what is that process's own is theirs.
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ServerProcess, secretsFolder, serverProcesses } from "../../server/core/secrets.ts";
import { type Stack, startStack } from "../../testing/stack.ts";
import { type DataPaths, dataPaths, ROOT } from "../paths.ts";
import { type ProcessName, readState, type State } from "../state.ts";
import { accountNamed } from "../system-user.ts";
import { underAccount } from "./separation.ts";

type Attempt = { what: string; sh: string };

let stack: Stack;
let paths: DataPaths;
let state: State;
let nodePid = 0;
let tried = 0;

beforeAll(async () => {
  stack = await startStack({ labNodes: 1, withAgent: true });
  paths = dataPaths(stack.dataDir);
  const read = readState(paths);
  if (!read) throw new Error("no state");
  state = read;
  const nodes = await stack.json<{ pid: number }[]>(["lab", "ls"]);
  nodePid = nodes[0]?.pid ?? 0;
});
afterAll(async () => {
  console.log(`${tried} acts of ${serverProcesses.length} accounts refused`);
  await stack?.down();
});

/** A shell as a process's account, with what the process itself has: its environment and no more. */
function shell(process: ServerProcess, sh: string): SpawnSyncReturns<string> {
  const account = accountNamed(`nodeops-${process}`);
  if (!account) throw new Error(`no account for ${process}`);
  const { program, args, ...ids } = underAccount(account, "/bin/sh", ["-c", sh]);
  return spawnSync(program, args, { ...ids, cwd: ROOT, env: environment(process), encoding: "utf8", timeout: 20_000 });
}

const pidOf = (name: ProcessName | "supervisor"): number =>
  (name === "supervisor" ? state.supervisor.pid : state.processes[name]?.id?.pid) ?? 0;

function environment(process: ServerProcess): NodeJS.ProcessEnv {
  const text = readFileSync(`/proc/${pidOf(process)}/environ`, "utf8");
  const pairs = text.split("\0").map((line) => /^([^=]+)=(.*)$/s.exec(line));
  const own = pairs.flatMap((pair) => (pair ? [[pair[1], pair[2]]] : []));
  return { NODE_ENV: "production", ...Object.fromEntries(own) };
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

function readAttempts(process: ServerProcess): Attempt[] {
  const own = [secretsFolder(paths.dir, process), ...(process === "dispatcher" ? [paths.dispatcher] : [])];
  const isOwn = (path: string) => own.some((folder) => path.startsWith(`${folder}/`));
  const secrets = [...filesBelow(paths.secrets), ...filesBelow(paths.dispatcher)].filter((path) => !isOwn(path));
  const closed = [
    paths.secrets,
    paths.logs,
    paths.agent,
    join(paths.postgres, "18"),
    ...(process === "dispatcher" ? [] : [paths.dispatcher]),
  ];
  const agentKeys = filesBelow(paths.agent).slice(0, 8);
  const system = ["/etc/shadow", paths.state, paths.log("dispatcher"), ...agentKeys];
  return [
    ...[...secrets, ...system].map((path) => ({ what: `read ${path}`, sh: `cat '${path}'` })),
    ...closed.map((path) => ({ what: `list ${path}`, sh: `ls '${path}'` })),
  ];
}

function processAttempts(process: ServerProcess): Attempt[] {
  const others = (["web", "gateway", "workers", "dispatcher", "postgres", "agent", "supervisor"] as const).filter(
    (name) => name !== process,
  );
  return others.flatMap((name) => {
    const pid = pidOf(name);
    return [
      { what: `read the environment of ${name}`, sh: `cat /proc/${pid}/environ` },
      { what: `see the memory of ${name}`, sh: `ls /proc/${pid}/map_files` },
      { what: `list the open files of ${name}`, sh: `ls /proc/${pid}/fd` },
      { what: `enter the folder of ${name}`, sh: `ls /proc/${pid}/cwd/` },
      { what: `signal ${name}`, sh: `kill -0 ${pid}` },
    ];
  });
}

const sockets = ["/run/containerd/containerd.sock", "/var/run/docker.sock", "/run/crio/crio.sock"];

function machineAttempts(): Attempt[] {
  const writes = [
    join(ROOT, "dist/web.mjs"),
    join(ROOT, "package.json"),
    join(ROOT, "node_modules/pg/package.json"),
    join(ROOT, ".next/BUILD_ID"),
    join(paths.public, "trust.json"),
    join(paths.public, "ca.crt"),
  ];
  return [
    ...writes.map((path) => ({ what: `write ${path}`, sh: `: >> '${path}'` })),
    ...[paths.dir, paths.public, paths.secrets, ROOT, "/etc", "/var/lib"].map((dir) => ({
      what: `make a file in ${dir}`,
      sh: `: > '${dir}/intruder'`,
    })),
    ...sockets.filter(existsSync).map((path) => ({ what: `reach ${path}`, sh: `test -w '${path}'` })),
    { what: "reach the runtime of a node", sh: `ls /proc/${nodePid}/root/run/containerd/` },
    { what: "enter a node", sh: `nsenter -t ${nodePid} -a true` },
    { what: "become root", sh: "setpriv --reuid 0 true" },
    { what: "become root by su", sh: "su -c true < /dev/null" },
    { what: "mount", sh: "mount -t tmpfs none /mnt" },
    {
      what: "use the command line",
      sh: `'${process.execPath}' --disable-warning=ExperimentalWarning cli/main.ts nodes --data '${paths.dir}'`,
    },
    {
      what: "sign an approval with the local key",
      sh: `'${process.execPath}' -e 'require("crypto").createPrivateKey(require("fs").readFileSync("${paths.approvalKey}"))'`,
    },
  ];
}

// Run as the account, with its own DATABASE_URL: prints one line a statement, "name<TAB>SQLSTATE or done".
const SQL_RUNNER = `
const pg = require("pg");
const own = new URL(process.env.DATABASE_URL);
const acts = JSON.parse(process.argv[1]);
const attempt = async (what, url, sql) => {
  const client = new pg.Client({ connectionString: url.href, connectionTimeoutMillis: 5000 });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("BEGIN; SAVEPOINT a");
    await client.query(sql);
    console.log(what + "\\tdone");
  } catch (err) { console.log(what + "\\t" + (err.code || err.message)); }
  await client.end().catch(() => {});
};
(async () => {
  for (const [what, sql] of acts.sql) await attempt(what, own, sql);
  for (const user of acts.users) { const url = new URL(own); url.username = user; await attempt("sign in as " + user, url, "SELECT 1"); }
})();`;

const everybodysSql: [string, string][] = [
  ["edit the trail", "UPDATE audit_event SET actor = 'x'"],
  ["delete the trail", "DELETE FROM audit_event"],
  ["rewrite the trail's end", "UPDATE audit_head SET seq = 0"],
  ["read passwords", "SELECT password FROM account"],
  ["alter a table", "ALTER TABLE command ADD COLUMN x int"],
  ["run a program in the database", "COPY (SELECT 1) TO PROGRAM 'true'"],
];
const ownSql: Record<ServerProcess, [string, string][]> = {
  web: [
    [
      "write a command",
      "INSERT INTO command (id, repair_id, node_id, role, step_index, type, params, generation, state) SELECT gen_random_uuid(), gen_random_uuid(), id, 'step', 0, 'x', '{}', 1, 'signed' FROM node",
    ],
    ["put a signature", "UPDATE command SET signature = '\\x00'"],
    ["lift a freeze", 'UPDATE "freeze" SET lifted_at = now()'],
    ["accept an approval", "UPDATE approval SET verdict = 'accepted'"],
    ["activate a key", "UPDATE approval_key SET state = 'active'"],
  ],
  gateway: [
    ["write a command", "INSERT INTO command (id) VALUES (gen_random_uuid())"],
    ["alter a command", "UPDATE command SET payload = '\\x00'"],
    ["read people", 'SELECT * FROM "user"'],
    ["make a join token", "INSERT INTO join_token (id) VALUES ('x')"],
    ["lift a freeze", 'UPDATE "freeze" SET lifted_at = now()'],
  ],
  workers: [
    ["put a signature", "UPDATE command SET signature = '\\x00'"],
    ["approve", "INSERT INTO approval (id) VALUES (gen_random_uuid())"],
    ["become an administrator", `UPDATE "user" SET role = 'admin'`],
    ["lift a freeze", 'UPDATE "freeze" SET lifted_at = now()'],
  ],
  dispatcher: [
    ["change a plan", "UPDATE repair SET plan = '{}'"],
    ["approve", "INSERT INTO approval (id) VALUES (gen_random_uuid())"],
    ["queue a job", "INSERT INTO bullmq.job DEFAULT VALUES"],
  ],
};
/** The web process is who checks passwords. */
const sqlOf = (process: ServerProcess) =>
  [...everybodysSql, ...ownSql[process]].filter(([what]) => !(process === "web" && what === "read passwords"));

describe.skipIf(process.getuid?.() !== 0)("a shell as one of the processes", () => {
  test("each process runs under its own account, without capabilities, and can gain none", async () => {
    const status = await stack.json<{ isolation: string; databaseRoles: string }>(["status"]);
    expect(status).toMatchObject({ isolation: "accounts", databaseRoles: "per process" });
    const uids = serverProcesses.map((name) => {
      const text = readFileSync(`/proc/${pidOf(name)}/status`, "utf8");
      const field = (key: string) => new RegExp(`^${key}:[ \\t]*(.*)$`, "m").exec(text)?.[1]?.trim() ?? "";
      expect({
        name,
        caps: field("CapEff"),
        bounding: field("CapBnd"),
        groups: field("Groups"),
        sealed: field("NoNewPrivs"),
      }).toEqual({
        name,
        caps: "0000000000000000",
        bounding: "0000000000000000",
        groups: "",
        sealed: "1",
      });
      return field("Uid").split("\t")[0];
    });
    expect(new Set(uids).size).toBe(serverProcesses.length);
    expect(uids).not.toContain("0");
  });

  test.each(serverProcesses)("%s has of the launcher's environment and secrets only what is its own", (process) => {
    const env = environment(process);
    const passwords = [
      "database-password",
      "database-admin-password",
      ...serverProcesses.map((name) => `database-password-${name}`),
    ];
    const values = passwords.map((name) => [name, readFileSync(join(paths.secrets, name), "utf8").trim()] as const);
    const text = Object.values(env).join("\n");
    expect(values.filter(([, value]) => text.includes(value)).map(([name]) => name)).toEqual([
      `database-password-${process}`,
    ]);
    for (const file of filesBelow(secretsFolder(paths.dir, process)))
      expect(shell(process, `cat '${file}'`).status, file).toBe(0);
    expect(shell(process, `cat '${join(paths.public, "trust.json")}'`).status).toBe(0);
  });

  test.each(serverProcesses)("%s reaches nothing of the others, of the machine, or of a node", (process) => {
    expect(nodePid).toBeGreaterThan(0);
    const attempts = [...readAttempts(process), ...processAttempts(process), ...machineAttempts()];
    const done = attempts.filter(({ sh }) => shell(process, sh).status === 0);
    expect(done.map(({ what }) => what)).toEqual([]);
    tried += attempts.length;
    console.log(`${process}: ${attempts.length} acts refused by the machine`);
  });

  test("what was refused is really there: root can do all of it", () => {
    const attempts = serverProcesses.flatMap((process) => [...readAttempts(process), ...processAttempts(process)]);
    const failed = attempts.filter(({ sh }) => spawnSync("/bin/sh", ["-c", sh]).status !== 0);
    expect(failed.map(({ what }) => what)).toEqual([]);
  });

  test.each(serverProcesses)(
    "%s cannot forge, sign, approve or hide in the database, nor be another role",
    (process) => {
      const roles = [
        "postgres",
        "nodeops",
        ...serverProcesses.filter((name) => name !== process).map((name) => `nodeops_${name}`),
      ];
      const acts = JSON.stringify({ sql: [["look", "SELECT 1"], ...sqlOf(process)], users: roles });
      const { stdout, stderr } = shell(
        process,
        `'${globalThis.process.execPath}' -e '${SQL_RUNNER.replaceAll("'", `'"'"'`)}' '${acts.replaceAll("'", `'"'"'`)}'`,
      );
      const results = stdout
        .trim()
        .split("\n")
        .map((line) => line.split("\t"));
      expect(results[0], stderr).toEqual(["look", "done"]);
      const refused = results.slice(1);
      expect(refused).toHaveLength(sqlOf(process).length + roles.length);
      // 42501: no right; 28P01: not that role's password.
      expect(refused.filter(([, code]) => code !== "42501" && code !== "28P01")).toEqual([]);
      tried += refused.length;
      console.log(`${process}: ${refused.length} acts refused by the database`);
    },
  );

  test("database and health answer on loopback only", () => {
    const listening = readFileSync("/proc/net/tcp", "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === "0A");
    const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, "0");
    const { postgres, gatewayHealth, workersHealth, dispatcherHealth } = state.ports;
    for (const port of [postgres, gatewayHealth, workersHealth, dispatcherHealth])
      expect(listening.filter(([, local]) => local?.endsWith(`:${hex(port)}`)).map(([, local]) => local)).toEqual([
        `0100007F:${hex(port)}`,
      ]);
  });
});

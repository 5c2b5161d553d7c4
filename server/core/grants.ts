// What each process may do to each table: the one place where this is said. The owner applies it after migrating; whatever is not listed is denied.
// The text is SQL's own: "SELECT, UPDATE (state)" is what GRANT takes. A test compares it with what the database then says of itself.
import pg from "pg";
import { roleName } from "./roles.ts";
import { type ServerProcess, serverProcesses } from "./secrets.ts";

type Privileges = Partial<Record<ServerProcess, string>>;

const READ = "SELECT";
const ADD = "SELECT, INSERT";
const KEEP = "SELECT, INSERT, UPDATE, DELETE";

/** Derived state of a node and what a gateway, an inspection or maintenance writes of it. */
const NODE_STATE = "state, state_reason, state_since, critical_count, warning_count";

/** Tables of the product. None may be truncated, and none is anybody's but the owner's to change in shape. */
export const tableGrants: Record<string, Privileges> = {
  // People: who may sign in is web's alone. Others know a person's name, the dispatcher also who may approve at all.
  user: {
    web: KEEP,
    workers: "SELECT (id, name, role, disabled_at)",
    dispatcher: "SELECT (id, name, role, disabled_at)",
  },
  session: { web: KEEP, workers: "SELECT (ctid, expires_at), DELETE" },
  account: { web: KEEP },
  verification: { web: KEEP },
  rate_limit: { web: KEEP },
  api_token: {
    web: KEEP,
    workers: "SELECT (id, name, owner_id, created_by, role, scopes, revoked_at, expires_at)",
    dispatcher: "SELECT (id, name, owner_id)",
  },
  grant: { web: KEEP, workers: READ, dispatcher: READ },
  passkey: { web: KEEP },
  two_factor: { web: KEEP },
  challenge: { web: KEEP },
  sign_in_failure: { web: KEEP },
  break_glass: { web: "SELECT, UPDATE", workers: "SELECT (id, user_id, used_at, expires_at, ended_at)" },

  // The trail is only ever added to; its end is moved by a trigger that runs with the owner's rights.
  audit_event: { web: ADD, gateway: ADD, workers: ADD, dispatcher: ADD },
  audit_head: { web: READ, workers: READ, dispatcher: READ },
  process_beat: {
    web: "SELECT, INSERT, UPDATE",
    gateway: "SELECT, INSERT, UPDATE",
    workers: "SELECT, INSERT, UPDATE",
    dispatcher: "SELECT, INSERT, UPDATE",
  },

  // Approvals: web takes down what people signed; only the dispatcher says what it is worth.
  approval: { web: ADD, workers: READ, dispatcher: "SELECT, UPDATE (verdict, reason)" },
  approval_key: { web: ADD, workers: READ, dispatcher: "SELECT, INSERT, UPDATE" },
  freeze: {
    web: "SELECT, INSERT (reason, set_by, set_by_name, set_at, lifted_by)",
    gateway: READ,
    workers: READ,
    dispatcher: "SELECT, INSERT, UPDATE (lifted_at, lifted_by, lift)",
  },

  // Acting: workers ask for commands, the dispatcher numbers and signs them, the gateway notes what became of them.
  repair: { web: "SELECT, INSERT, UPDATE", gateway: READ, workers: "SELECT, INSERT, UPDATE", dispatcher: READ },
  command: {
    web: READ,
    gateway: "SELECT, UPDATE (state, accepted_at, ended_at, result)",
    workers:
      "SELECT, INSERT (id, repair_id, node_id, role, step_index, type, params, generation, state, queued_at), UPDATE (state, ended_at, result)",
    dispatcher:
      "SELECT, UPDATE (state, payload, signature, key_id, generation, issued_at, expires_at, ended_at, result)",
  },

  // Rollouts: web plans and takes down what people decide, workers bring them forward, the dispatcher judges their commands.
  rollout: { web: "SELECT, INSERT, UPDATE", gateway: READ, workers: "SELECT, INSERT, UPDATE", dispatcher: READ },
  rollout_target: { web: "SELECT, INSERT, UPDATE", gateway: READ, workers: "SELECT, INSERT, UPDATE", dispatcher: READ },
  rollout_event: { web: ADD, workers: ADD, dispatcher: READ },
  rollout_look: { web: READ, workers: "SELECT, INSERT, DELETE" },
  rollout_reading: { web: READ, workers: KEEP },
  rollout_template: { web: KEEP },
  budget: { web: KEEP, workers: READ },
  lease: { web: "SELECT, INSERT, UPDATE", workers: "SELECT, INSERT, UPDATE, DELETE" },
  lease_request: { web: "SELECT, INSERT, UPDATE", workers: "SELECT, INSERT, UPDATE, DELETE" },

  // Nodes and what is known of them.
  node: {
    web: `SELECT, UPDATE (${NODE_STATE}, name, is_connected, revoked_at, quarantined_at, quarantine_reason, certificate_serial, certificate_expires_at, epochs)`,
    gateway: `SELECT, INSERT, UPDATE (${NODE_STATE}, name, pool, zone, rack, labels, is_connected, last_seen_at, disconnected_at, session_epoch, epochs, quarantined_at, quarantine_reason, acked_seq, enrolled_at, machine_id, certificate_serial, certificate_expires_at, hostname, kernel, os, arch, cpu_count, memory_bytes, addresses, boot_id, agent_version, runtimes, pod_count, container_count)`,
    workers: `SELECT, UPDATE (${NODE_STATE}, generation, labels)`, // generation: of each row it queues, the signed one is the dispatcher's; labels: by rollouts
    dispatcher: "SELECT, UPDATE (generation)",
  },
  join_token: { web: KEEP, gateway: "SELECT, UPDATE (uses)" },
  node_fact: { web: READ, gateway: "SELECT, INSERT, UPDATE, DELETE", workers: READ, dispatcher: READ },
  node_state_change: { web: ADD, gateway: ADD, workers: "SELECT, INSERT, DELETE" },
  node_sample: { web: READ, gateway: ADD, workers: "SELECT, DELETE" },
  container: { web: "SELECT, DELETE", gateway: KEEP, workers: READ },
  kernel_event: { web: READ, gateway: ADD, workers: "SELECT, DELETE" },
  node_inspection: { web: READ, gateway: READ, workers: KEEP },
  finding: { web: "SELECT, UPDATE", gateway: READ, workers: KEEP, dispatcher: READ },
  incident: { web: "SELECT, UPDATE (acknowledged_by, acknowledged_at)", gateway: READ, workers: KEEP },

  // What people say about looking: web writes it, workers act on it.
  mute: { web: "SELECT, INSERT, UPDATE (ended_by, ended_at)", gateway: READ, workers: "SELECT, DELETE" },
  // Auto is taken back by itself; what a rollout has brought to all its nodes is said for all.
  check_mode: { web: KEEP, workers: "SELECT, INSERT, UPDATE (mode, reason, set_by, set_by_name, set_at)" },
  node_check: { web: "SELECT, DELETE", workers: KEEP },
  custom_check: { web: "SELECT, INSERT, UPDATE", workers: "SELECT, UPDATE (state, version, updated_at)" },
  custom_check_version: { web: "SELECT, INSERT, UPDATE (back_test)", workers: READ },
  patrol: { web: KEEP, workers: "SELECT, UPDATE (next_at)" },
  patrol_run: { web: "SELECT, INSERT, UPDATE (is_cancel_requested)", workers: "SELECT, INSERT, UPDATE, DELETE" },

  // Questions and articles are web's; workers tidy.
  diagnosis_case: { web: "SELECT, INSERT, UPDATE", workers: "SELECT, DELETE" },
  article_version: { web: "SELECT, INSERT, UPDATE", workers: READ },

  // Shells: web asks and types, workers bring the run forward, the gateway carries keys down and stores what comes up.
  shell_session: {
    web: "SELECT, INSERT, UPDATE",
    gateway: "SELECT, UPDATE (state, opened_at, deadline_at, ended_at, end_reason, exit_code, output_bytes)",
    workers: "SELECT, UPDATE, DELETE",
    dispatcher: READ,
  },
  shell_input: { web: ADD, gateway: READ, workers: "SELECT, DELETE" },
  shell_output: { web: READ, gateway: ADD, workers: "SELECT, DELETE" },
};

/** Sequences behind columns that a process fills by INSERT. */
export const sequenceGrants: Record<string, Privileges> = {
  freeze_epoch_seq: { web: "USAGE", dispatcher: "USAGE, UPDATE" },
};

/** Who puts jobs on the queues or takes them off. The dispatcher does neither: it looks at the tables. */
export const queueUsers: readonly ServerProcess[] = ["web", "gateway", "workers"];
const QUEUE_SCHEMA = "bullmq";

const quote = pg.escapeIdentifier;

/** Rights on the database as a whole. `owner` names the roles: a clone has those of its template. */
export function databaseStatements(database: string, owner: string = database): string[] {
  const name = quote(database);
  const roles = (processes: readonly ServerProcess[]) =>
    processes.map((process) => quote(roleName(owner, process))).join(", ");
  return [
    `REVOKE CREATE, TEMPORARY ON DATABASE ${name} FROM PUBLIC, ${roles(serverProcesses)}`,
    `GRANT CONNECT ON DATABASE ${name} TO ${roles(serverProcesses)}`,
    // Adding many jobs at once goes through a temporary table.
    `GRANT TEMPORARY ON DATABASE ${name} TO ${roles(queueUsers)}`,
  ];
}

function statements(database: string): string[] {
  const role = (process: ServerProcess) => quote(roleName(database, process));
  const roles = serverProcesses.map(role).join(", ");
  const queues = queueUsers.map(role).join(", ");
  const each = (grants: Record<string, Privileges>, kind: string) =>
    Object.entries(grants).flatMap(([name, privileges]) =>
      serverProcesses.flatMap((process) =>
        privileges[process] ? [`GRANT ${privileges[process]} ON ${kind} ${quote(name)} TO ${role(process)}`] : [],
      ),
    );
  return [
    ...["ALL TABLES IN SCHEMA", "ALL SEQUENCES IN SCHEMA", "ALL FUNCTIONS IN SCHEMA", "SCHEMA"].map(
      (what) => `REVOKE ALL ON ${what} public, ${QUEUE_SCHEMA} FROM PUBLIC, ${roles}`,
    ),
    "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
    ...databaseStatements(database),
    `GRANT USAGE ON SCHEMA public TO ${roles}`,
    ...each(tableGrants, "TABLE"),
    ...each(sequenceGrants, "SEQUENCE"),
    `GRANT USAGE ON SCHEMA ${QUEUE_SCHEMA} TO ${queues}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${QUEUE_SCHEMA} TO ${queues}`,
    `GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${QUEUE_SCHEMA} TO ${queues}`,
    `GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${QUEUE_SCHEMA} TO ${queues}`,
  ];
}

/**
 * Gives every process's role what the tables above say and nothing else, in one transaction. Nothing happens where the roles do not exist (an
 * external database whose account may not make them).
 *
 * @param client of the tables' owner
 * @returns whether there are roles
 */
export async function applyGrants(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ database: string; roles: string[] }>(
    "SELECT current_database() AS database, array(SELECT rolname::text FROM pg_roles) AS roles",
  );
  const { database = "", roles = [] } = rows[0] ?? {};
  if (!serverProcesses.every((process) => roles.includes(roleName(database, process)))) return false;
  await client.query(["BEGIN", ...statements(database), "COMMIT"].join(";\n"));
  return true;
}

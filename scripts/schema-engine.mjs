#!/usr/bin/env node
// Stands in for Prisma's native schema engine, which is a download: speaks the same JSON-RPC on stdio and runs the same engine from
// npm's WebAssembly build over adapter-pg. Only scripts/db-diff.ts uses it; written against exactly the pinned Prisma version.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from "@prisma/driver-adapter-utils";
import * as engine from "@prisma/schema-engine-wasm/schema_engine_bg";
import pg from "pg";
import { parse as parseConnectionString } from "pg-connection-string";

const log = (level, fields) =>
  process.stderr.write(
    `${JSON.stringify({ timestamp: new Date().toISOString(), level, fields, target: "schema_engine::logger" })}\n`,
  );

function readArguments(argv) {
  const options = { datamodels: [], datasource: undefined, subcommand: undefined };
  for (let i = 0; i < argv.length; i++) {
    if (argv[i] === "--datamodels") options.datamodels.push(argv[++i]);
    else if (argv[i] === "--datasource") options.datasource = JSON.parse(argv[++i]);
    else if (argv[i] === "--enabled-preview-features" || argv[i] === "--extension-types") i++;
    else if (argv[i] === "cli") options.subcommand = argv[++i];
    else if (argv[i] === "--version" || argv[i] === "-V") {
      console.log("schema-engine-wasm 1");
      process.exit(0);
    }
  }
  return options;
}

const options = readArguments(process.argv.slice(2));
const url = options.datasource?.url ?? process.env.DATABASE_URL;

/** Splits Prisma's `?schema=` from the address that pg understands. */
function splitUrl(address) {
  const parsed = new URL(address);
  const schema = parsed.searchParams.get("schema") ?? undefined;
  parsed.searchParams.delete("schema");
  return { address: parsed.toString(), schema };
}

// Discrete fields: adapter-pg's connectToShadowDb overrides `database`, which pg ignores beside a connectionString –
// the shadow run would hit the real database.
function poolConfig(address) {
  const { host, port, user, password, database, ssl } = parseConnectionString(address);
  return { host, port: port ? Number(port) : 5432, user, password, database, ssl };
}

if (options.subcommand) {
  log("INFO", { message: "starting" }); // Prisma's command line drops the first line
  if (options.subcommand !== "can-connect-to-database") throw new Error(`not needed here: ${options.subcommand}`);
  try {
    const client = new pg.Client({ connectionString: splitUrl(url).address });
    await client.connect();
    await client.end();
    process.exit(0);
  } catch (err) {
    log("ERROR", { message: String(err.message), error_code: err.code === "3D000" ? "P1003" : "P1001" });
    process.exit(1);
  }
}

const wasmFile = fileURLToPath(import.meta.resolve("@prisma/schema-engine-wasm/schema_engine_bg")).replace(
  /\.js$/,
  ".wasm",
);
globalThis.PRISMA_WASM_PANIC_REGISTRY = {
  message: "",
  set_message(message) {
    this.message = message;
  },
};
const { instance } = await WebAssembly.instantiate(readFileSync(wasmFile), { "./schema_engine_bg.js": engine });
engine.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start();

// Catalogue-only types that adapter-pg refuses and the describer selects; "char" (oid 18) must arrive as a character.
const CATALOGUE_TEXT = new Set([24, 27, 28, 29, 194, 2202, 2205, 2206, 4089, 3361, 3402]);

function adapt(queryable) {
  const { client } = queryable;
  const query = client.query.bind(client);
  let charColumns = [];
  client.query = async (...args) => {
    const result = await query(...args);
    charColumns = [];
    for (const [i, field] of (result?.fields ?? []).entries()) {
      if (field.dataTypeID === 18) charColumns.push(i);
      if (field.dataTypeID === 18 || CATALOGUE_TEXT.has(field.dataTypeID)) field.dataTypeID = 25;
    }
    return result;
  };
  const queryRaw = queryable.queryRaw.bind(queryable);
  queryable.queryRaw = async (statement) => {
    const result = await queryRaw(statement);
    for (const i of charColumns) result.columnTypes[i] = ColumnTypeEnum.Character;
    return result;
  };
  // adapter-pg splits scripts at ";", which breaks bodies inside $$; the native engine sends one simple query.
  if (queryable.executeScript)
    queryable.executeScript = (script) => query(script).catch((err) => queryable.onError(err));
  if (queryable.startTransaction) {
    const start = queryable.startTransaction.bind(queryable);
    queryable.startTransaction = async (level) => adapt(await start(level));
  }
  return queryable;
}

class Factory extends PrismaPg {
  async connect() {
    return adapt(await super.connect());
  }
  async connectToShadowDb() {
    return adapt(await super.connectToShadowDb());
  }
}

let factory;

// A fresh engine per request: a reused one fails once an earlier call left its connector connected.
async function newEngine() {
  const { address, schema } = splitUrl(url);
  factory = bindMigrationAwareSqlAdapterFactory(new Factory(poolConfig(address), { schema }));
  const datamodels = options.datamodels.map((path) => [path, readFileSync(path, "utf8")]);
  return engine.SchemaEngine.new(
    { datamodels: datamodels.length > 0 ? datamodels : undefined },
    () => undefined,
    factory,
  );
}

async function call(method, params) {
  const schemaEngine = await newEngine();
  if (method === "getDatabaseVersion") return schemaEngine.version(params);
  return (await schemaEngine[method](params)) ?? {};
}

async function answer({ id, method, params }) {
  const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  try {
    const result = await call(method, params);
    if (method === "diff" && result.stdout) send({ id: -1, method: "print", params: { content: result.stdout } });
    send({ id, result });
  } catch (err) {
    const cause = factory?.errorRegistry?.consumeError?.(err?.id ?? 0)?.error;
    const message = [String(err?.message ?? err), cause?.message].filter(Boolean).join("\n");
    const data = { is_panic: false, message, error_code: err?.code ?? null, meta: err?.meta ?? null };
    send({ id, error: { code: 4466, message: "An error happened. Check the data field for details.", data } });
  }
}

const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
let chain = Promise.resolve();
lines.on("line", (line) => {
  const message = line.trim() ? JSON.parse(line) : {};
  if (message.method) chain = chain.then(() => answer(message));
});
lines.on("close", () => chain.finally(() => process.exit(0)));

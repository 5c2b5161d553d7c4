// Opens the database: one pg pool per process, shared by Prisma and by hand-written SQL.
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { PrismaClient } from "../../generated/prisma/client.ts";

export type Database = { prisma: PrismaClient; pool: pg.Pool; url: string; close: () => Promise<void> };

export type DatabaseOptions = {
  name: string;
  poolMax?: number;
  /** The server ends statements that take longer, ms; by default they may take as long as they take. */
  statementTimeoutMs?: number;
};

/** Connections are opened when first used; errors of idle ones (the server restarted) are left to the next query. */
export function openDatabase(url: string, options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.poolMax ?? 10,
    application_name: `nodeops-${options.name}`,
    connectionTimeoutMillis: 5_000,
    ...(options.statementTimeoutMs ? { statement_timeout: options.statementTimeoutMs } : {}),
    keepAlive: true,
  });
  // Without a listener an idle client's error would end the process; the pool drops that client by itself.
  pool.on("error", (err) =>
    console.warn(JSON.stringify({ level: "warn", msg: "idle database connection lost", err: err.message })),
  );
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    prisma,
    pool,
    url,
    close: async () => {
      await prisma.$disconnect();
      if (!pool.ended) await pool.end();
    },
  };
}

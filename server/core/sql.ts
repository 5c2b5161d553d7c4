// Safe raw SQL: the tagged template of Prisma, under a short name.
import { Prisma } from "../../generated/prisma/client.ts";

export type Sql = Prisma.Sql;
export const { sql, join, raw, empty } = Prisma;

// What the gateway says about itself with its beat: where agents connect. What they must trust there is not taken from a row (server/trust/).
import { z } from "zod";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";

/** Detail of the gateway's process_beat row. */
export const GatewayDetail = z.object({
  /** Where agents connect: https://host:port. */
  url: z.string(),
  sessions: z.number(),
});
export type GatewayDetail = z.infer<typeof GatewayDetail>;

/** The detail of the gateway that beat last. @throws AppError("unavailable") before the first gateway has started */
export async function readGatewayDetail(db: PrismaClient | Tx): Promise<GatewayDetail> {
  const row = await db.processBeat.findFirst({
    where: { name: { startsWith: "gateway" } },
    orderBy: { beatAt: "desc" },
    select: { detail: true },
  });
  const parsed = GatewayDetail.safeParse(row?.detail);
  if (parsed.success) return parsed.data;
  throw new AppError("unavailable", "no gateway has started yet", {
    publicMessage: "The gateway has not started yet. Try again in a moment.",
  });
}

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
  /** So many nodes silent at once that the gateway blames itself: since when, how many of those that it knows. */
  held: z
    .object({ since: z.coerce.date(), missing: z.number(), known: z.number() })
    .nullish()
    .transform((held) => held ?? null),
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

/** An older beat says nothing about now, ms. */
const BEAT_FRESH_MS = 30_000;

/** What a gateway holds back now: it says nothing of silent nodes because so many are, of different zones at once. The largest, null when none does. */
export async function readHeld(db: PrismaClient | Tx, now: Date): Promise<GatewayDetail["held"]> {
  const rows = await db.processBeat.findMany({
    where: { name: { startsWith: "gateway" }, beatAt: { gt: new Date(now.getTime() - BEAT_FRESH_MS) } },
    select: { detail: true },
  });
  const held = rows.flatMap(({ detail }) => GatewayDetail.safeParse(detail).data?.held ?? []);
  return held.toSorted((a, b) => b.missing - a.missing)[0] ?? null;
}

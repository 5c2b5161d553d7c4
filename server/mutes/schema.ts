// Inputs and outputs of mutes: "do not tell me about this until then". Client-safe.
import { z } from "zod";
import type { Text } from "../../protocol/text.ts";
import { Page, type Paged } from "../core/paging.ts";

/** Mutes in force at once, of one person and of all: each is weighed for every finding. Editorial. */
export const MUTES_PER_PERSON_MAX = 100;
export const MUTES_MAX = 500;
/** A mute ends by itself after this at the latest, ms: what nobody wants to hear of for longer is a matter for the check. */
export const MUTE_MAX_MS = 90 * 86_400_000;
/** A check id that stands for every check. */
export const EVERY_CHECK = "*";

export const CreateMute = z.object({
  /** Check id, "*" for every check. */
  checkId: z.union([z.literal(EVERY_CHECK), z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)]),
  /** Text of selectors/; "*" is the whole fleet. Narrowed to the part in which the caller may mute. */
  selector: z.string().trim().min(1).max(500),
  /** Subject of the finding; empty: any. */
  subject: z.string().max(500).default(""),
  reason: z.string().trim().min(3).max(500),
  /** At most 90 days from now. */
  expiresAt: z.coerce.date(),
});
export const ListMutes = Page.extend({
  state: z.enum(["active", "over", "all"]).default("active"),
  /** Those that can cover findings of this check. */
  checkId: z.string().optional(),
});
export const MuteRef = z.object({ id: z.uuid() });

export type MuteRow = {
  id: string;
  checkId: string;
  /** Title of the check; null for every check. */
  title: Text | null;
  selector: string;
  subject: string;
  reason: string;
  /** Ended by a person, or expired by itself. */
  state: "active" | "ended" | "expired";
  createdByName: string;
  createdAt: Date;
  expiresAt: Date;
  endedByName: string | null;
  endedAt: Date | null;
  /** Living findings that it covers now, of those that the caller may see, and their nodes. */
  findingCount: number;
  nodeCount: number;
  /** Whether the caller may end it. */
  canEnd: boolean;
};
export type MuteList = Paged<MuteRow>;
export type CreatedMute = { id: string; selector: string };

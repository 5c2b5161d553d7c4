// Inputs and outputs of the freeze: one button that stops all acting. Client-safe.
import { z } from "zod";
import { StatementSignature } from "../../protocol/statement.ts";
import type { ToSign } from "../approvals/schema.ts";

export type FreezeState = {
  isFrozen: boolean;
  epoch: number | null;
  reason: string;
  setBy: string;
  setByName: string;
  setAt: Date | null;
  /** Persons whose signatures the lift has already, and how many it needs. */
  lift: { given: { person: string; personName: string; at: Date }[]; needed: number; toSign: ToSign | null };
  /** Has the dispatcher acknowledged it (it signs nothing more)? */
  isInForce: boolean;
};

export const SetFreeze = z.object({ reason: z.string().min(1).max(500) });
export const LiftFreeze = z.object({ epoch: z.number().int().positive(), signature: StatementSignature });

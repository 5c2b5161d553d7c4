// Short words for tables of fixtures: a bad one with what it must raise, a good one that only looks like it.
import type { Facts } from "../protocol/facts.ts";

export type FaultFixture = { name: string; facts: Facts; subject: string; reason: string };
export type Case = { name: string; facts: Facts };

export const bad = (name: string, facts: Facts, subject: string, reason: string): FaultFixture => ({
  name,
  facts,
  subject,
  reason,
});
export const near = (name: string, facts: Facts): Case => ({ name, facts });

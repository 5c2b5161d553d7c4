// What the catalogue page reads: each check with how it stands on the fleet. Client-safe.
import type { Severity } from "../../checks/define.ts";
import type { Text } from "../../protocol/text.ts";

export type CheckRow = {
  id: string;
  title: Text;
  area: string;
  severity: Severity;
  suggestion: Text;
  needs: string[];
  repairs: { id: string; title: Text }[];
  raiseAfterMs: number;
  clearAfterMs: number;
  ok: number;
  problem: number;
  unknown: number;
};

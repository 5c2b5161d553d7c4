// Fixtures of the log rules' fact: a healthy node's part.
import { LOG_SOURCES } from "../log-rules/rule.ts";
import type { FactData } from "../protocol/facts.ts";

/** This part of a healthy node's facts. */
export const healthyLogs = () => ({ logMatches: { reads: [...LOG_SOURCES], matches: [] } }) satisfies Partial<FactData>;

// Many nodes of different zones silent at once: then it is the gateway, its host or its network that is broken, and nothing is said of nodes. Pure.

/** Nodes that must be missing, and the share of all that this gateway serves. With fewer a rack or a row may well have failed. */
export const MASS_NODES_MIN = 8;
export const MASS_RATIO = 0.2;
/** So long nothing is said. What is missing even then is missing, ms: "not reporting" claims no more than that. */
export const MASS_HOLD_MS = 300_000;

/** `missing`: sessions lost and not back, or silent for longer than a heartbeat; `known`: those and the others that this gateway serves. */
export type Missing = { missing: number; known: number };
/** How many zones the missing nodes are of, and how many the fleet has. */
export type Zones = { missing: number; fleet: number };
/** Since when it holds (monotonic ms), and how much was missing when it was judged last. */
export type Hold = Missing & { since: number; isOver: boolean };

/** Worth asking which zones they are of. */
export const isMany = ({ missing, known }: Missing): boolean =>
  missing >= MASS_NODES_MIN && missing >= known * MASS_RATIO;

/** One zone of several may fail as a whole; more of them at once, or the only one there is, tell of us. */
export const isMass = (found: Missing, zones: Zones): boolean =>
  isMany(found) && (zones.missing >= 2 || zones.fleet <= 1);

/**
 * The hold from now on.
 * @param found what is missing now; `zones` only when it is many
 * @returns null when nothing is held; a hold ends when less than half of what begins one is missing, and lets marks through when `isOver`
 */
export function nextHold(hold: Hold | null, found: Missing, zones: Zones | null, now: number): Hold | null {
  const begins = zones !== null && isMass(found, zones);
  if (!hold) return begins ? { ...found, since: now, isOver: false } : null;
  if (!begins && (found.missing < MASS_NODES_MIN / 2 || found.missing < (found.known * MASS_RATIO) / 2)) return null;
  return { ...found, since: hold.since, isOver: now - hold.since >= MASS_HOLD_MS };
}

// Sessions in turn: each call hands out a share of them, so that all are seen within a round however many there are. Pure.

/** Calls in which all have been handed out. */
export const ROUND = 15;
/** Up to so many at once cost next to nothing: a small fleet is handed out whole. */
const SHARE_MIN = 500;

export type Rounds = {
  /** @param all asked when a new round begins */
  next: (all: () => string[]) => string[];
};

/** Those that come while a round runs are in the next one. */
export function createRounds(): Rounds {
  let left: string[] = [];
  let share = SHARE_MIN;
  return {
    next(all) {
      if (left.length === 0) {
        left = all();
        share = Math.max(SHARE_MIN, Math.ceil(left.length / ROUND));
      }
      return left.splice(-share);
    },
  };
}

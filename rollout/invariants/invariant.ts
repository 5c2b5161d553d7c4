// One thing that must always hold, as the simulator asks it.
import type { World } from "../simulate/world.ts";

export type Invariant = {
  /** As in the list of invariants; letters part what is asked at several places. */
  id: string;
  title: string;
  holds: (world: World) => boolean;
};

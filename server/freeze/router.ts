// Procedures of the freeze domain.
import { expose, router } from "../api/trpc.ts";
import { getFreeze, liftFreeze, setFreeze } from "./freeze.ts";

export const freezeRouter = router({
  get: expose(getFreeze),
  set: expose(setFreeze),
  lift: expose(liftFreeze),
});

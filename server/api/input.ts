// Reads the inputs of API calls before anyone is asked who they are. Outputs travel as superjson with all that it can do; an input may be JSON
// with dates and undefined in it, which is all that verbs take.
import { TRPCError } from "@trpc/server";
import superjson from "superjson";
import { z } from "zod";

const Leaf = z.tuple([z.enum(["Date", "undefined"])]);

/** What `superjson.serialize` writes for such a value: paths into `json` by type. Anything else is not even walked: its reader recurses. */
const Envelope = z.object({
  json: z.unknown(),
  meta: z
    .object({ values: z.union([Leaf, z.record(z.string(), Leaf)]).optional(), v: z.literal(1).optional() })
    .optional(),
});

/** @throws TRPCError BAD_REQUEST */
function readInput(envelope: unknown): unknown {
  const { error, data } = Envelope.safeParse(envelope);
  try {
    // It came as JSON text, hence the type.
    if (data) return superjson.deserialize(data as Parameters<typeof superjson.deserialize>[0]);
  } catch (cause) {
    throw new TRPCError({ code: "BAD_REQUEST", message: "the input's types do not fit it", cause });
  }
  throw new TRPCError({ code: "BAD_REQUEST", message: "the input is not understood", cause: error });
}

/** The input half of tRPC's transformer. */
export const inputs = { serialize: superjson.serialize, deserialize: readInput };

// How answers of the API become values: dates come back as dates, and every text inert. Names, messages and log lines come from nodes and
// containers; here is the one place through which all of them reach pages, exports and the clipboard.
import superjson from "superjson";
import { plainValue } from "../../parsers/plain-text.ts";

// What is signed must stay the text that was hashed; the pages show its parts from elsewhere.
const EXACT = ["statement"];

export const transformer = {
  input: superjson,
  output: {
    serialize: superjson.serialize,
    deserialize: (value: Parameters<typeof superjson.deserialize>[0]): unknown =>
      plainValue(superjson.deserialize(value), EXACT),
  },
};

// The console's own words, one file a language.
import type { Locale } from "../../server/accounts/schema.ts";
import type messages from "../_messages/en.json";

/** All messages of a language. */
export async function loadMessages(locale: Locale): Promise<typeof messages> {
  if (locale === "zh") return (await import("../_messages/zh.json")).default;
  return (await import("../_messages/en.json")).default;
}

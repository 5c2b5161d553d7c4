// Makes translation keys and locales typed: a key that en.json lacks does not compile.
import type { Locale } from "../server/accounts/schema.ts";
import type messages from "./_messages/en.json";

declare module "use-intl" {
  interface AppConfig {
    Messages: typeof messages;
    Locale: Locale;
  }
}

// Title of a page in the reader's language, for the browser's tab.
import type { Metadata } from "next";
import { cookies, headers } from "next/headers";
import type { Page } from "../_ui/nav.ts";
import { loadMessages } from "./messages.ts";
import { chooseLocale, LOCALE_COOKIE } from "./preferences.ts";

/** Metadata of a page of nav.ts; detail pages put the thing's own name there once it is known. */
export async function pageTitle(id: Page["id"]): Promise<Metadata> {
  const cookie = (await cookies()).get(LOCALE_COOKIE)?.value;
  const { nav } = await loadMessages(chooseLocale(cookie, (await headers()).get("accept-language")));
  return { title: nav[id] };
}

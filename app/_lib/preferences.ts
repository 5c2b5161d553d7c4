// Language and theme of this browser: two cookies that the server reads when it renders, so that nothing flickers.
import { type Locale, locales } from "../../server/accounts/schema.ts";

export const LOCALE_COOKIE = "nodeops_locale";
export const THEME_COOKIE = "nodeops_theme";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const YEAR_S = 365 * 24 * 3600;

/** The locale to show: the cookie when it is valid, else the browser's first Chinese or English preference, else English. */
export function chooseLocale(cookie: string | undefined, acceptLanguage: string | null): Locale {
  const chosen = locales.find((locale) => locale === cookie);
  if (chosen) return chosen;
  const wanted = (acceptLanguage ?? "")
    .split(",")
    .map((part) => part.trim().slice(0, 2).toLowerCase())
    .find((language) => language === "zh" || language === "en");
  return wanted === "zh" ? "zh" : "en";
}

/** The theme to show; anything unknown follows the system. */
export function chooseTheme(cookie: string | undefined): Theme {
  return themes.find((theme) => theme === cookie) ?? "system";
}

function writeCookie(name: string, value: string): void {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Firefox and on plain http.
  document.cookie = `${name}=${value}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax${secure}`;
}

/** Keeps the language in this browser; the page must be rendered again to show it. */
export const rememberLocale = (locale: Locale): void => writeCookie(LOCALE_COOKIE, locale);

/** Keeps and shows the theme at once. */
export function applyTheme(theme: Theme): void {
  writeCookie(THEME_COOKIE, theme);
  document.documentElement.dataset.theme = theme;
}

/** Whether this browser has chosen a language itself. */
export const hasLocaleCookie = (): boolean => document.cookie.includes(`${LOCALE_COOKIE}=`);

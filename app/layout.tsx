// Root of every page: language and theme from cookies, fonts, providers. Rendered per request, so that the CSP nonce reaches the scripts.
import type { Metadata, Viewport } from "next";
import { cookies, headers } from "next/headers";
import type { ReactNode } from "react";
import "./globals.css";
import { loadMessages } from "./_lib/messages.ts";
import { chooseLocale, chooseTheme, LOCALE_COOKIE, THEME_COOKIE } from "./_lib/preferences.ts";
import { Providers } from "./providers.tsx";

export const metadata: Metadata = {
  title: { default: "NodeOps Center", template: "%s · NodeOps Center" },
  description: "Keeps a fleet of container nodes healthy.",
  robots: { index: false, follow: false },
};

export const viewport: Viewport = {
  colorScheme: "light dark",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f7f7f8" },
    { media: "(prefers-color-scheme: dark)", color: "#0f1013" },
  ],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  const jar = await cookies();
  const locale = chooseLocale(jar.get(LOCALE_COOKIE)?.value, (await headers()).get("accept-language"));
  return (
    <html lang={locale === "zh" ? "zh-CN" : "en"} data-theme={chooseTheme(jar.get(THEME_COOKIE)?.value)}>
      <body>
        <Providers locale={locale} messages={await loadMessages(locale)}>
          {children}
        </Providers>
      </body>
    </html>
  );
}

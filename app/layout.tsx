// Root of every page: language and theme from cookies, fonts, providers. Rendered per request, so that the CSP nonce reaches the scripts.
import type { Metadata, Viewport } from "next";
import { cookies, headers } from "next/headers";
import type { ReactNode } from "react";
import "./globals.css";
import { loadMessages } from "./_lib/messages.ts";
import { policyScript } from "./_lib/policy-script.ts";
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
  const asked = await headers();
  const locale = chooseLocale(jar.get(LOCALE_COOKIE)?.value, asked.get("accept-language"));
  return (
    <html lang={locale === "zh" ? "zh-CN" : "en"} data-theme={chooseTheme(jar.get(THEME_COOKIE)?.value)}>
      <head>
        <script
          nonce={asked.get("x-nonce") ?? undefined}
          // Browsers hide a nonce from scripts, so that what the page holds never equals what was sent.
          suppressHydrationWarning
          // biome-ignore lint/security/noDangerouslySetInnerHtml: a constant text of ours
          dangerouslySetInnerHTML={{ __html: policyScript }}
        />
      </head>
      <body>
        <Providers locale={locale} messages={await loadMessages(locale)}>
          {children}
        </Providers>
      </body>
    </html>
  );
}

// Everything that client components expect around them: words, API, URL state.
"use client";
import { NextIntlClientProvider } from "next-intl";
import { NuqsAdapter } from "nuqs/adapters/next/app";
import type { ReactNode } from "react";
import type { Locale } from "../server/accounts/schema.ts";
import type messages from "./_messages/en.json";
import { ApiProvider } from "./_trpc/provider.tsx";

export function Providers(props: { locale: Locale; messages: typeof messages; children: ReactNode }): ReactNode {
  return (
    <NextIntlClientProvider locale={props.locale} messages={props.messages} timeZone="UTC">
      <NuqsAdapter>
        <ApiProvider>{props.children}</ApiProvider>
      </NuqsAdapter>
    </NextIntlClientProvider>
  );
}

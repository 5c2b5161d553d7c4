// Catalogue text comes in both languages: this picks the reader's.
"use client";
import { useLocale } from "next-intl";
import type { Text } from "../../protocol/text.ts";

/** A function that picks the text of the current language; null stays empty. */
export function useText(): (text: Text | null | undefined) => string {
  const locale = useLocale();
  return (text) => (text ? text[locale] : "");
}

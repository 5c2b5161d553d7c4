// What a failed call says to people, in their language where the server gave its refusal in both.
"use client";
import type { Text } from "../../protocol/text.ts";
import { readError } from "../_trpc/errors.ts";
import { useText } from "./use-text.ts";

const isText = (value: unknown): value is Text =>
  typeof value === "object" && value !== null && "en" in value && typeof value.en === "string" && "zh" in value;

/** A function from a thrown value to one sentence. */
export function useErrorText(): (error: unknown) => string {
  const text = useText();
  return (error) => {
    const { message, details } = readError(error);
    const said = Object.values(details ?? {}).find(isText);
    return said ? text(said) : message;
  };
}

// Why a node is in its state: the server's fixed reasons in the reader's language; what a person wrote stays as written.
"use client";
import { useTranslations } from "next-intl";

const known: Record<string, "silent" | "notInspected" | "critical" | "warning" | "none"> = {
  "no session with its agent": "silent",
  "not inspected yet": "notInspected",
  "critical findings": "critical",
  "warning findings": "warning",
  "no findings": "none",
};

/** A function that gives a state's reason in words. */
export function useStateReason(): (reason: string) => string {
  const t = useTranslations("stateReason");
  return (reason) => {
    const key = known[reason];
    return key ? t(key) : reason;
  };
}

// When a patrol runs, in words.
"use client";
import { useTranslations } from "next-intl";
import type { Trigger } from "../../../../server/patrols/schema.ts";

/** A function from trigger to words. */
export function useTriggerText(): (trigger: Trigger) => string {
  const t = useTranslations("patrols.trigger");
  return (trigger) => {
    switch (trigger.type) {
      case "interval": {
        const minutes = trigger.everyMs / 60_000;
        return minutes % 60 === 0
          ? t("everyHours", { count: minutes / 60 })
          : t("everyMinutes", { count: Math.round(minutes) });
      }
      case "cron":
        return t("cron", { expression: trigger.expression, timeZone: trigger.timeZone });
      case "change":
        return t("change", { kinds: trigger.kinds.join(", ") });
      case "manual":
        return t("manual");
    }
  };
}

// Repair: a longer backlog between card and stack.
import { softnetDrops } from "../../checks/network/softnet-drops.ts";
import { t } from "../../checks/text.ts";
import { defineRaise, doubled } from "./raise-setting.ts";

export const raiseNetdevBacklog = defineRaise({
  id: "raise-netdev-backlog",
  title: t("Raise netdev_max_backlog", "提高 netdev_max_backlog"),
  check: softnetDrops,
  keys: ["net.core.netdev_max_backlog"],
  // A longer queue than this only adds delay (Red Hat's network performance guide stays below 30000).
  next: (value) => doubled(value, 30_000),
});

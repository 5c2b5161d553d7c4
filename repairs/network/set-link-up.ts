// Repair: set a device up that was switched off: a container bridge, a card, the loopback device.
import { bridgeDown } from "../../checks/network/bridge-down.ts";
import { interfaceDown } from "../../checks/network/interface-down.ts";
import { loopbackMissing } from "../../checks/network/loopback-missing.ts";
import { t } from "../../checks/text.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh, stillThere } from "../guards.ts";
import { guard, problemNow } from "./still.ts";

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,14}$/;
const checkOf = (id: string) =>
  [bridgeDown, interfaceDown, loopbackMissing].find((check) => check.id === id) ?? bridgeDown;
const kindOf = (ctx: RepairContext) =>
  ctx.finding.checkId === bridgeDown.id ? ("podNetwork" as const) : ("network" as const);

/** The device as it is now, when it is switched off. */
function deviceOf(ctx: RepairContext): { name: string; index: number } | undefined {
  if (!problemNow(ctx, checkOf(ctx.finding.checkId))) return undefined;
  const all = kindOf(ctx) === "podNetwork" ? ctx.facts.podNetwork?.data?.bridges : ctx.facts.network?.data?.interfaces;
  return all?.find((d) => d.name === ctx.finding.subject && !d.up && d.index > 0 && NAME.test(d.name));
}

export const setLinkUp = defineRepair({
  id: "set-link-up",
  title: t("Set the device up", "启用网络设备"),
  risk: "disruptive",
  verifies: ["bridge-down", "interface-down", "loopback-missing"],
  // Each stands for itself: one device is set up.
  verifiesOwnOnly: true,
  settleMs: 2_000,
  verifyWithinMs: 90_000,
  guards: (ctx) => {
    const device = deviceOf(ctx);
    const found = ctx.finding.params.index;
    return [
      factsFresh(ctx, [kindOf(ctx)]),
      stillThere(device ? `${device.name}, index ${device.index}, is down` : null),
      guard(
        "same-device",
        "It is still the device that was found",
        "仍是当初发现的那个设备",
        device !== undefined && (typeof found !== "number" || found === device.index),
        device ? `index ${device.index}` : "no device that is switched off",
      ),
    ];
  },
  plan: (ctx) => {
    const device = deviceOf(ctx);
    if (!device) return { nothing: t("The device is not switched off.", "设备并未被关闭。") };
    const { name, index } = device;
    return {
      evidence: { sections: ["network", "kmsg"] },
      steps: [
        {
          title: t(`Set ${name} up`, `启用 ${name}`),
          action: { type: "link.set", params: { index, name, master: null } },
        },
      ],
      touches: t(`Sets ${name} up; addresses and members stay as they are.`, `仅启用 ${name}，不改变地址与成员。`),
    };
  },
});

// Repair: drop a wrong neighbour entry, so that the kernel asks for the address anew.
import { neighbourWrong } from "../../checks/network/neighbour-wrong.ts";
import { t } from "../../checks/text.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh } from "../guards.ts";
import { guard, problemNow, stillRaised } from "./still.ts";

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,14}$/;
const ADDRESS = /^((25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}|(?=.*:)[0-9a-fA-F:]{2,39})$/;

const entryOf = (ctx: RepairContext) =>
  problemNow(ctx, neighbourWrong) &&
  ctx.facts.podNetwork?.data?.neighbours.find(
    (n) => `${n.device} ${n.address}` === ctx.finding.subject && NAME.test(n.device) && ADDRESS.test(n.address),
  );

export const dropNeighbour = defineRepair({
  id: "drop-neighbour",
  title: t("Drop the neighbour entry", "删除邻居表项"),
  risk: "safe",
  verifies: ["neighbour-wrong"],
  settleMs: 2_000,
  verifyWithinMs: 90_000,
  guards: (ctx) => {
    const entry = entryOf(ctx);
    return [
      factsFresh(ctx, ["podNetwork"]),
      stillRaised(ctx, neighbourWrong),
      guard(
        "entry-there",
        "The entry is in the table",
        "表项存在",
        entry !== undefined,
        entry ? `${entry.address} ${entry.mac ?? "no MAC"} ${entry.state}` : "no such entry",
      ),
    ];
  },
  plan: (ctx) => {
    const entry = entryOf(ctx);
    if (!entry) return { nothing: t("The entry is right or gone.", "表项已正确或不存在。") };
    const { device, address } = entry;
    return {
      evidence: { sections: ["network"] },
      steps: [
        {
          title: t(`Drop ${address} from ${device}`, `从 ${device} 删除 ${address}`),
          action: { type: "neighbour.drop", params: { device, address } },
        },
      ],
      touches: t(
        "Drops one entry; the next packet asks for the address anew.",
        "仅删除一个表项；下一个报文会触发重新解析。",
      ),
    };
  },
});

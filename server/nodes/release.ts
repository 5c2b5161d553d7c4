// Ends a quarantine. Which of the two machines is the right one cannot be told from here, so neither keeps its certificate: the next machine that
// joins under the name with a fresh token becomes the node, whoever holds the console hands that token to the right one, and the copy stays out.
import { CERTIFICATE_TTL_MS } from "../../protocol/constants.ts";
import { RELEASED_SERIAL } from "../agents/schema.ts";
import { AppError } from "../core/errors.ts";
import { mutation } from "../core/verb.ts";
import { NodeRef } from "./schema.ts";

export const releaseNode = mutation({
  name: "nodes.release",
  access: "nodes:trust",
  on: "node",
  stepUp: true,
  input: NodeRef,
  async run({ tx, now, scope }, { node }) {
    const id = await scope.node(tx, node);
    const before = await tx.node.findUniqueOrThrow({
      where: { id },
      select: { quarantinedAt: true, quarantineReason: true, certificateSerial: true },
    });
    const { count } = await tx.node.updateMany({
      where: { id, quarantinedAt: { not: null } },
      data: {
        quarantinedAt: null,
        quarantineReason: "",
        certificateSerial: RELEASED_SERIAL,
        // Later than any certificate that was issued so far: no renewed one counts as younger.
        certificateExpiresAt: new Date(now().getTime() + CERTIFICATE_TTL_MS + 60_000),
        epochs: [],
      },
    });
    if (count === 0)
      throw new AppError("conflict", `${node} is not quarantined`, { publicMessage: "This node is not quarantined." });
    return {
      result: { id },
      audit: { entity: ["node", id], nodeId: id, before },
      changes: [{ domain: "nodes", ids: [id] }],
    };
  },
});

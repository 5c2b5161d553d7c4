// `nodeops-agent join`: makes the node's key, trades the join token for an identity, keeps both.
import { rmSync } from "node:fs";
import { hostname } from "node:os";
import { readText } from "./host/file.ts";
import { makeCsr, makeKey } from "./link/csr.ts";
import { enrol } from "./link/enrol.ts";
import { parseJoinToken } from "./link/token.ts";
import { type Identity, loadIdentity, prepareState, saveIdentity } from "./state.ts";
import { AGENT_VERSION } from "./version.ts";

export type JoinOptions = { gateway: string; token: string; name?: string; stateFolder: string; force?: boolean };

/**
 * Enrols this node.
 * @returns the identity, and whether it was there already (then nothing was asked of the gateway)
 * @throws EnrolError, or Error when the token cannot be read
 */
export async function join(options: JoinOptions): Promise<{ identity: Identity; already: boolean }> {
  const token = parseJoinToken(options.token);
  const paths = prepareState(options.stateFolder);
  const before = options.force ? null : loadIdentity(paths);
  if (before) return { identity: before.identity, already: true };
  const name = options.name ?? hostname();
  const keyPem = makeKey();
  const gateway = new URL(options.gateway).origin;
  const answer = await enrol(gateway, token, {
    token: options.token.trim(),
    csr: makeCsr(keyPem, name.slice(0, 64)),
    name,
    machineId: readText("/etc/machine-id") ?? "",
    bootId: readText("/proc/sys/kernel/random/boot_id") ?? "",
    agentVersion: AGENT_VERSION,
  });
  const { nodeId, certificate, trust } = answer;
  const identity: Identity = {
    nodeId,
    name: answer.name,
    gateway,
    certificate,
    trust,
    enrolledAt: Date.now(),
  };
  saveIdentity(paths, identity, keyPem);
  rmSync(paths.freeze, { force: true }); // what an older identity was told; the first session says how it stands
  return { identity, already: false };
}

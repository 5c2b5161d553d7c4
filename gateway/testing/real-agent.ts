// The agent's own enrolment, link, trust, freeze and renewal, wired as agent/run.ts wires them, without collectors and commands.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { silentLog } from "../../agent/host/log.ts";
import { join } from "../../agent/join.ts";
import { FactsOutbox } from "../../agent/link/facts-outbox.ts";
import { FreezeKeeper } from "../../agent/link/freeze.ts";
import { Link } from "../../agent/link/link.ts";
import { issuerOf } from "../../agent/link/renew.ts";
import { RenewalClock } from "../../agent/link/renewal-clock.ts";
import { takeTrust } from "../../agent/link/trust.ts";
import { Spool } from "../../agent/spool/spool.ts";
import { loadIdentity, type Own, prepareState } from "../../agent/state.ts";

export type RealAgent = {
  own: Own;
  freeze: FreezeKeeper;
  isLive: () => boolean;
  /** Sessions that were welcomed, over all connections. */
  sessions: () => number;
  connect: () => void;
  disconnect: () => Promise<void>;
  remove: () => Promise<void>;
};

/** Renews this soon after a new CA, ms. */
const SPREAD_MS = 50;

/** Joins with a token and connects. */
export async function startRealAgent(input: { gateway: string; token: string; name: string }): Promise<RealAgent> {
  const folder = mkdtempSync(path(tmpdir(), "nodeops-real-agent-"));
  await join({ ...input, stateFolder: folder });
  const paths = prepareState(folder);
  const own = loadIdentity(paths);
  if (!own) throw new Error("not enrolled");
  const facts = new FactsOutbox();
  const spool = new Spool(paths.spool);
  const freeze = new FreezeKeeper(paths.freeze, silentLog);
  let link: Link | null = null;
  let welcomes = 0;

  function tell(): void {
    const certificateCa = issuerOf(own?.identity.certificate ?? "", agent.own.trust);
    const trust = { serial: agent.own.trust.serial, certificateCa, isFrozen: freeze.isFrozen };
    const numbers = { version: "0", pid: 1, startedAt: 0, rssBytes: 0, cpuMs: 0, spooledFrames: 0, droppedFrames: 0 };
    facts.set("agent", { ...numbers, reconnects: 0, failing: {}, trust }, null, Date.now());
    link?.flushSoon();
  }
  const isLive = () => link?.state.phase === "live";
  const renewal = new RenewalClock({
    own,
    paths,
    log: silentLog,
    isConnected: isLive,
    onRenewed: tell,
    spreadMs: SPREAD_MS,
  });
  const agent: RealAgent = {
    own,
    freeze,
    isLive,
    sessions: () => welcomes,
    connect() {
      tell();
      link = new Link({
        own,
        agentVersion: "0",
        bootId: "b",
        facts,
        spool,
        log: silentLog,
        onTrust: (document) => {
          if (!takeTrust(own, document, paths, silentLog)) return;
          renewal.lookSoon();
          tell();
        },
        onFreeze: (told) => {
          welcomes += 1;
          if (freeze.apply(told, own.trust.commandKeys)) tell();
        },
        onCommand: () => undefined,
        onCollect: () => undefined,
      });
      link.start();
    },
    async disconnect() {
      await link?.stop();
    },
    async remove() {
      renewal.stop();
      await link?.stop();
      spool.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  renewal.start();
  agent.connect();
  return agent;
}

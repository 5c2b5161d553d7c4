// Whom an agent believes: keys change only by a key that it trusts already, and nobody but such a key ends a freeze.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../host/log.ts";
import { join } from "../join.ts";
import { loadIdentity, type Own, prepareState, type StatePaths } from "../state.ts";
import { FreezeKeeper } from "./freeze.ts";
import {
  makeAuthority,
  makeFreeze,
  makeSigner,
  makeTrust,
  startTestGateway,
  type TestGateway,
  type TestSigner,
} from "./gateway.fixture.ts";
import { takeTrust } from "./trust.ts";

let folder: string;
let paths: StatePaths;
let gateway: TestGateway;

beforeEach(async () => {
  folder = mkdtempSync(path(tmpdir(), "nodeops-trust-"));
  paths = prepareState(folder);
  gateway = await startTestGateway();
});
afterEach(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

async function enrolled(): Promise<Own> {
  await join({ gateway: gateway.url, token: gateway.token, name: "n1", stateFolder: folder });
  const own = loadIdentity(paths);
  if (!own) throw new Error("not enrolled");
  return own;
}

describe("trust document", () => {
  const next = (serial: number, keys: TestSigner[], signers: TestSigner[]) =>
    makeTrust({ serial, keys, cas: [gateway.ca], signers });

  it("is followed over two phases, also by an agent that missed the first, and the dropped key is worth nothing afterwards", async () => {
    const fresh = makeSigner();
    const missed = await enrolled();
    const both = next(2, [fresh, gateway.signer], [gateway.signer, fresh]);
    const last = next(3, [fresh], [gateway.signer, fresh]);
    const own = structuredClone(missed);
    expect([takeTrust(own, both, paths, silentLog), takeTrust(own, last, paths, silentLog)]).toEqual([true, true]);
    expect(takeTrust(missed, last, paths, silentLog)).toBe(true);
    for (const agent of [own, missed, loadIdentity(paths)]) {
      expect(Object.keys(agent?.trust.commandKeys ?? {})).toEqual([fresh.keyId]);
      if (agent) expect(takeTrust(agent, next(9, [gateway.signer], [gateway.signer]), paths, silentLog)).toBe(false);
    }
  });

  it("is refused when no trusted key has signed it, when it is older, and when it is altered: a gateway alone brings no key", async () => {
    const own = await enrolled();
    const rogue = makeSigner();
    const good = next(2, [gateway.signer], [gateway.signer]);
    expect(takeTrust(own, good, paths, silentLog)).toBe(true);
    const text = new TextDecoder().decode(good.payload).replace('"serial":2', '"serial":5');
    const cases = {
      "signed by a new key": next(5, [rogue], [rogue]),
      "naming itself beside the trusted one": next(5, [gateway.signer, rogue], [rogue]),
      unsigned: next(5, [gateway.signer], []),
      "the same again": good,
      "an older one": next(1, [gateway.signer], [gateway.signer]),
      altered: { ...good, payload: new TextEncoder().encode(text) },
      "a rogue signature under the trusted key's id": {
        ...next(5, [rogue, gateway.signer], []),
        signatures: next(5, [rogue], [{ ...rogue, keyId: gateway.signer.keyId }]).signatures,
      },
      "a key under another key's id": next(5, [{ ...rogue, keyId: gateway.signer.keyId }], [gateway.signer]),
    };
    for (const [name, document] of Object.entries(cases)) {
      expect([name, takeTrust(own, document, paths, silentLog)]).toEqual([name, false]);
    }
    expect([own.trust.serial, loadIdentity(paths)?.trust.serial]).toEqual([2, 2]);
  });

  it("of enrolment must be signed by the token's key and hold the token's authority", async () => {
    const rogue = makeSigner();
    const other = await makeAuthority("CN=another CA");
    gateway.trust = makeTrust({ serial: 1, keys: [rogue], cas: [gateway.ca], signers: [rogue] });
    await expect(enrolled()).rejects.toMatchObject({ code: "untrusted" });
    gateway.trust = makeTrust({ serial: 1, keys: [gateway.signer], cas: [gateway.ca], signers: [rogue] });
    await expect(enrolled()).rejects.toMatchObject({ code: "untrusted" });
    gateway.trust = makeTrust({ serial: 1, keys: [gateway.signer], cas: [other], signers: [gateway.signer] });
    await expect(enrolled()).rejects.toMatchObject({ code: "untrusted" });
    expect(loadIdentity(paths)).toBeNull();
  });

  it("is missed in clear words where an older agent has left an identity, and --force joins anew", async () => {
    const own = await enrolled();
    const { trust: _trust, ...old } = own.identity;
    writeFileSync(paths.identity, JSON.stringify({ ...old, commandKeys: { k: "x" } }));
    await expect(enrolled()).rejects.toThrow("join again");
    const again = { gateway: gateway.url, token: gateway.token, name: "n1", stateFolder: folder, force: true };
    expect(await join(again)).toMatchObject({ already: false });
  });
});

describe("freeze", () => {
  const keys = () => ({ [gateway.signer.keyId]: gateway.signer.raw });
  const keeper = () => new FreezeKeeper(paths.freeze, silentLog);

  it("counts whoever says it, and survives a restart", () => {
    expect(keeper().isFrozen).toBe(false);
    keeper().apply(makeFreeze(true, 4), keys());
    expect(keeper().isFrozen).toBe(true);
    expect(readFileSync(paths.freeze, "utf8")).toContain("true");
  });

  it("ends only by a trusted key, and only for its own epoch or a later one: a gateway alone freezes and never unfreezes", () => {
    const own = keeper();
    const earlier = makeFreeze(false, 3, gateway.signer);
    own.apply(makeFreeze(true, 4), keys());
    const rogue = makeSigner();
    const tries = {
      unsigned: makeFreeze(false, 4),
      "by another key": makeFreeze(false, 4, rogue),
      "by another key under the trusted id": { ...makeFreeze(false, 4, rogue), keyId: gateway.signer.keyId },
      "the lift of an earlier freeze": earlier,
      "a signed freeze turned round": { ...makeFreeze(true, 4, gateway.signer), payload: makeFreeze(false, 4).payload },
      noise: { payload: new Uint8Array([1, 2, 3]), keyId: null, signature: null },
    };
    for (const [name, told] of Object.entries(tries)) {
      own.apply(told, keys());
      expect([name, own.isFrozen, keeper().isFrozen]).toEqual([name, true, true]);
    }
    own.apply(makeFreeze(false, 4, gateway.signer), keys());
    expect([own.isFrozen, keeper().isFrozen]).toEqual([false, false]);
  });

  it("is not lifted by what was said before any freeze, nor by a lift of a key that counts no more", () => {
    const own = keeper();
    own.apply(makeFreeze(true, 2), keys());
    own.apply(makeFreeze(false, 2, gateway.signer), {});
    expect(own.isFrozen).toBe(true);
  });

  it("cannot be put beyond the reach of any lift by a gateway that names a far epoch", () => {
    const own = keeper();
    own.apply(makeFreeze(false, 3, gateway.signer), keys());
    for (let n = 0; n < 5; n++) {
      own.apply(makeFreeze(true, Number.MAX_SAFE_INTEGER), keys());
      keeper().apply(makeFreeze(true, Number.MAX_SAFE_INTEGER), keys()); // a restart in between starts no new count
    }
    const reborn = keeper();
    reborn.apply(makeFreeze(false, 18, gateway.signer), keys());
    expect(reborn.isFrozen).toBe(true);
    reborn.apply(makeFreeze(false, 19, gateway.signer), keys());
    expect(reborn.isFrozen).toBe(false);
  });

  it("stands when its file is damaged, until a lift arrives", () => {
    writeFileSync(paths.freeze, "{");
    const own = keeper();
    expect(own.isFrozen).toBe(true);
    own.apply(makeFreeze(false, 1, gateway.signer), keys());
    expect(keeper().isFrozen).toBe(false);
  });
});

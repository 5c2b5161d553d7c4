// Fact "cards": every network card of the node by its MAC, wherever it is: on the node, in a container's namespace, or in one that nobody lives in.
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import type { FactData } from "../../protocol/facts.ts";
import { readText } from "../host/file.ts";
import { defaultLink, linkValue, namingOf } from "./card-naming.ts";
import { type CollectorContext, defineCollector } from "./define.ts";
import { LIVED_IN_MS, livedIn, netInodeOf, pinnedIn, podSpaces, type SpaceDevice, SpaceLooker } from "./net-spaces.ts";

type Cards = FactData["cards"];
type Card = Cards["cards"][number];
type Expected = Cards["expected"][number];

/** Kinds that are made by software on a node and are nobody's card. "ether" is a device without a kind: a real or a hypervisor's card. */
const CARD_KINDS = new Set(["ether", "dummy"]);
const LIST_MAX = 200;
/** A card that was wanted by nobody for so long was forgotten, ms. */
const ABANDONED_MS = 600_000;
const ANNOTATION = /^(.*[./])?(eni|nic|card)[-_.]?mac(-address)?$/i;

const isCard = ({ kind, mac }: Pick<SpaceDevice, "kind" | "mac">): boolean =>
  CARD_KINDS.has(kind) && mac !== null && mac !== "00:00:00:00:00:00";

function driverOf(name: string): string | null {
  try {
    return readlinkSync(`/sys/class/net/${name}/device/driver`).split("/").at(-1) ?? null;
  } catch {
    return null; // a device without one
  }
}

async function allCards(ctx: CollectorContext): Promise<Card[]> {
  const looker = new SpaceLooker();
  const cards: Card[] = (ctx.latest("network")?.interfaces ?? []).filter(isCard).map(({ name, mac }) => ({
    mac: mac?.toLowerCase() ?? "",
    name,
    place: "host",
    holder: null,
    driver: driverOf(name),
  }));
  const spaces = podSpaces(ctx);
  for (const space of spaces) {
    for (const device of (await looker.ofPod(space)) ?? [])
      if (isCard(device))
        cards.push({
          mac: device.mac?.toLowerCase() ?? "",
          name: device.name,
          place: "container",
          holder: space.podId ?? space.containerId,
          driver: null,
        });
  }
  const pinned = [...pinnedIn("/run/netns"), ...pinnedIn("/run/docker/netns")];
  // Docker pins the node's own namespace as "default".
  const known = new Set([...spaces.map((space) => space.inode), netInodeOf("self")]);
  const living = pinned.some((p) => p.inode !== null && !known.has(p.inode)) ? livedIn(LIVED_IN_MS) : known;
  for (const { name, path, inode } of pinned) {
    if (inode === null || living.has(inode)) continue;
    for (const device of (await looker.devices(path, inode, null)) ?? [])
      if (isCard(device))
        cards.push({
          mac: device.mac?.toLowerCase() ?? "",
          name: device.name,
          place: "dead",
          holder: name,
          driver: null,
        });
  }
  return cards.sort((a, b) => (a.mac < b.mac ? -1 : 1)).slice(0, LIST_MAX);
}

const ownerless = new Map<string, number>();

/** Who is meant to have which card: the agent's configuration, and what containers say in their labels. */
function wishes(ctx: CollectorContext): { mac: string; wantedBy: string; source: string }[] {
  const told = ctx.config.cards.map(({ mac, wantedBy }) => ({
    mac: mac.toLowerCase(),
    wantedBy,
    source: "agent.json",
  }));
  const labelled = (ctx.latest("pods") ?? []).flatMap((pod) =>
    Object.entries(pod.labels).flatMap(([key, value]) =>
      ANNOTATION.test(key) ? [{ mac: value.toLowerCase().replaceAll("-", ":"), wantedBy: pod.name, source: key }] : [],
    ),
  );
  return [...told, ...labelled];
}

/** Each wish beside what is there. `since` remembers when a card was first seen without an owner. */
export function judgeWishes(
  wanted: readonly { mac: string; wantedBy: string; source: string }[],
  cards: readonly Card[],
  owners: ReadonlyMap<string, string>,
  since: Map<string, number>,
  now: number,
): Expected[] {
  return wanted.slice(0, LIST_MAX).map(({ mac, wantedBy, source }) => {
    const ownerId = owners.get(wantedBy);
    const isWantedNow = wantedBy === "host" || ownerId !== undefined;
    if (isWantedNow) since.delete(mac);
    else if (!since.has(mac)) since.set(mac, now);
    const ownerlessSince = since.get(mac) ?? null;
    const isInPlace = cards.some(
      (card) => card.mac === mac && (wantedBy === "host" ? card.place === "host" : card.holder === ownerId),
    );
    return {
      mac,
      wantedBy,
      source,
      isWantedNow,
      isInPlace: isWantedNow ? isInPlace : null,
      ownerlessSince,
      isAbandoned: ownerlessSince !== null && now - ownerlessSince >= ABANDONED_MS,
    };
  });
}

/** Names of running pods and containers, each with the id under which its namespace is known. */
function runningNames(ctx: CollectorContext): Map<string, string> {
  const names = new Map<string, string>();
  for (const c of ctx.latest("containers") ?? []) {
    if (c.state !== "running") continue;
    names.set(c.name, c.podId ?? c.id);
    if (c.podName) names.set(c.podName, c.podId ?? c.id);
  }
  return names;
}

function filesIn(folders: readonly string[], ending: RegExp): { file: string; text: string }[] {
  const found = new Map<string, { file: string; text: string }>();
  for (const folder of folders) {
    if (!existsSync(folder)) continue;
    // A file of an earlier folder hides one of the same name.
    for (const name of readdirSync(folder))
      if (ending.test(name) && !found.has(name))
        found.set(name, { file: `${folder}/${name}`, text: readText(`${folder}/${name}`) ?? "" });
  }
  return [...found.values()];
}

let first: Set<string> | null = null;
let isHotPlugged = false;
let naming: Pick<Cards, "naming" | "namingSource" | "macAddressPolicy" | "macPolicyFile"> | null = null;
let namingAt = 0;
/** Rules change when somebody writes a file: looked at once in so long, ms. */
const NAMING_EVERY_MS = 300_000;

function lookAtNaming(): NonNullable<typeof naming> {
  const rules = filesIn(["/etc/udev/rules.d", "/run/udev/rules.d"], /\.rules$/);
  const links = filesIn(
    ["/etc/systemd/network", "/run/systemd/network", "/usr/lib/systemd/network", "/lib/systemd/network"],
    /\.link$/,
  );
  const hasUdev = existsSync("/run/udev/control");
  const link = defaultLink(links);
  return {
    ...namingOf(readText("/proc/cmdline") ?? "", rules, links, hasUdev),
    macAddressPolicy: hasUdev && link ? linkValue(link.text, "MACAddressPolicy") : null,
    macPolicyFile: hasUdev && link ? link.file : null,
  };
}

export const cards = defineCollector({
  kind: "cards",
  everyMs: 15_000,
  timeoutMs: 12_000,
  read: async (ctx) => {
    const found = await allCards(ctx);
    const macs = new Set(found.map((card) => card.mac));
    first ??= macs.size > 0 ? macs : null;
    if (first && [...macs].some((mac) => !first?.has(mac))) isHotPlugged = true;
    if (!naming || Date.now() - namingAt > NAMING_EVERY_MS) {
      naming = lookAtNaming();
      namingAt = Date.now();
    }
    return {
      cards: found,
      expected: judgeWishes(wishes(ctx), found, runningNames(ctx), ownerless, Date.now()),
      ...naming,
      isHotPlugged,
    };
  },
});

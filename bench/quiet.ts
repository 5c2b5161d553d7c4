// Groups "quiet": what the processes cost while nothing happens: memory, CPU time, and what agents send.
import { setTimeout as sleep } from "node:timers/promises";
import type { Stack } from "../testing/stack.ts";
import { cpuMs, family, memory } from "./processes.ts";
import type { Figure } from "./report.ts";
import { growth, readFrames, readSockets } from "./traffic.ts";

type Status = {
  ports: { gateway: number; gatewayHealth: number };
  processes: { name: string; pid: number | null }[];
};

/** Processes of one kind; each is a sample, and stands for itself and everything below it unless it is `alone`. */
export type Subject = { name: string; pids: number[]; isAlone?: boolean };

/** What starting leaves to do (first looks, compiling, plans) is over after this, ms. */
const SETTLE_MS = 20_000;

/** Lets things settle, then watches the console's processes and `others` for `minutes`. */
export async function measureQuiet(
  stack: Stack,
  others: Subject[],
  minutes: number,
  signal: AbortSignal,
): Promise<Figure[]> {
  await sleep(SETTLE_MS, undefined, { signal });
  const { ports, processes } = await stack.json<Status>(["status"]);
  const subjects = [...subjectsOf(processes), ...others];
  const before = await look(subjects, ports);
  await sleep(minutes * 60_000, undefined, { signal });
  const after = await look(subjects, ports);
  const elapsedMinutes = (after.atMs - before.atMs) / 60_000;
  return [
    ...subjects.flatMap((subject, i) => {
      const spent = (after.cpu[i] ?? []).map((ms, at) => (ms - (before.cpu[i]?.[at] ?? 0)) / elapsedMinutes);
      return [...memoryFigures(subject), { name: `${subject.name}: CPU`, unit: "cpu-ms/min", samples: spent } as const];
    }),
    ...trafficFigures(before, after, elapsedMinutes),
  ];
}

function subjectsOf(processes: Status["processes"]): Subject[] {
  const all = processes.filter(({ name }) => name === "supervisor").map(({ pid }) => pid ?? 0);
  const named = processes.map(({ name, pid }) => ({
    name: name === "agent" ? "agent of this machine" : name,
    pids: [pid ?? 0],
    isAlone: name === "supervisor",
  }));
  return [...named, { name: "all of them", pids: all }];
}

type Look = {
  atMs: number;
  /** CPU ms so far, by subject and process. */
  cpu: number[][];
  sockets: Awaited<ReturnType<typeof readSockets>>;
  frames: Map<string, number>;
};

async function look(subjects: Subject[], ports: Status["ports"]): Promise<Look> {
  const [sockets, frames] = await Promise.all([readSockets(ports.gateway), readFrames(ports.gatewayHealth)]);
  return { atMs: performance.now(), cpu: subjects.map((subject) => membersOf(subject).map(cpuMs)), sockets, frames };
}

const membersOf = ({ pids, isAlone }: Subject): number[][] => pids.map((pid) => (isAlone ? [pid] : family(pid)));

function memoryFigures(subject: Subject): Figure[] {
  const looks = membersOf(subject).map(memory);
  const isTree = membersOf(subject).some((members) => members.length > 1);
  const figure = (kind: string, samples: number[], note?: string): Figure => ({
    name: `${subject.name}: ${kind}`,
    unit: "bytes",
    samples,
    note,
  });
  return [
    ...(isTree
      ? []
      : [
          figure(
            "resident (RSS)",
            looks.map(({ rssBytes }) => rssBytes),
          ),
        ]),
    figure(
      "proportional (PSS)",
      looks.map(({ pssBytes }) => pssBytes),
      isTree ? "with children" : undefined,
    ),
    figure(
      "private",
      looks.map(({ privateBytes }) => privateBytes),
      isTree ? "with children" : undefined,
    ),
  ];
}

function trafficFigures(before: Look, after: Look, elapsedMinutes: number): Figure[] {
  const perMinute = (counts: number[]) => counts.map((count) => count / elapsedMinutes);
  if (!before.sockets || !after.sockets) return [];
  const received = growth(before.sockets, after.sockets);
  const frames = [...after.frames]
    .map(([kind, count]) => ({ kind, grown: count - (before.frames.get(kind) ?? 0) }))
    .filter(({ grown }) => grown > 0);
  return [
    {
      name: "agent to gateway",
      unit: "bytes/min",
      samples: perMinute(received),
      note: "a node, as TCP payload: TLS and heartbeats included",
    },
    ...frames.map(
      ({ kind, grown }): Figure => ({
        name: `frames: ${kind}`,
        unit: "per min",
        samples: perMinute([grown / Math.max(1, received.length)]),
        note: "a node, mean",
      }),
    ),
  ];
}

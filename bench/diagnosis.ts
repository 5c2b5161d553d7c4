// `./nodeops bench diagnosis`: what an answer costs – preparing the catalogue, pastes of 200 lines, a megabyte of whatever is worst for it.
import { tmpdir } from "node:os";
import { causes } from "../diagnosis/causes/list.ts";
import { Engine } from "../diagnosis/diagnose.ts";
import { commitName, describeMachine, watchLoad } from "./machine.ts";
import { type Figure, type Group, type Report, renderGroup } from "./report.ts";

export type DiagnosisOptions = { rounds: number };

/** What an answer may take, ms of CPU time (others use the machine, too): 95 of 100 pastes of 200 lines, and any megabyte. */
const GOAL = { pasteP95Ms: 30, megabyteMs: 1_000 } as const;
const LINES = 200;
const MEGABYTE = 1_000_000;

// Lines as kubelet, runtimes and kernels write them; {n} changes from line to line.
const TEMPLATES = [
  'Mar  1 08:09:10 edge-7 kubelet[88]: E0301 08:09:10.123456      88 pod_workers.go:{n}] "Error syncing pod, skipping" err="failed to \\"StartContainer\\" for \\"web\\" with CrashLoopBackOff: \\"back-off 5m0s restarting failed container=web-{n}\\"" pod="default/web-{n}"',
  'Mar  1 08:09:10 edge-7 kubelet[88]: I0301 08:09:10.123456      88 reconciler.go:{n}] "operationExecutor.VerifyControllerAttachedVolume started for volume \\"data-{n}\\""',
  'Mar  1 08:09:10 edge-7 containerd[77]: time="2026-03-01T08:09:10.{n}Z" level=info msg="CreateContainer within sandbox \\"{n}\\" for container &ContainerMetadata{Name:web,Attempt:{n},}"',
  "Mar  1 08:09:10 edge-7 kernel: [ 176.9656{n}] IPv6: ADDRCONF(NETDEV_CHANGE): veth{n}: link becomes ready",
  '{"log":"GET /cart/{n} 200 12ms\\n","stream":"stdout","time":"2026-03-01T08:09:10.{n}Z"}',
  "Mar  1 08:09:10 edge-7 systemd[1]: Started libcontainer container {n}.",
];
const TROUBLE = [
  'Mar  1 08:09:10 edge-7 kubelet[88]: E0301 08:09:10.123456      88 kuberuntime_manager.go:1] "CreatePodSandbox for pod failed" err="rpc error: code = Unknown desc = failed to setup network for sandbox \\"a{n}\\": plugin type=\\"bridge\\" failed (add): failed to set bridge addr: \\"cni0\\" already has an IP address different from 10.0.0.1/24"',
  "Mar  1 08:09:10 edge-7 kernel: [ 177.{n}] nf_conntrack: nf_conntrack: table full, dropping packet",
  'Mar  1 08:09:10 edge-7 dockerd[9]: time="2026-03-01T08:09:10Z" level=error msg="write /var/lib/docker/{n}: no space left on device"',
];

const fill = (template: string, n: number) => template.replaceAll("{n}", String(10_000 + n * 7));

/** A log of 200 lines with one line of trouble in it. */
const paste = (round: number): string =>
  Array.from({ length: LINES }, (_, at) => {
    const from = at === (round * 37) % LINES ? TROUBLE : TEMPLATES;
    return fill(from[(at + round) % from.length] ?? "", at + round * LINES);
  }).join("\n");

const repeated = (text: string) => text.repeat(Math.ceil(MEGABYTE / text.length)).slice(0, MEGABYTE);

/** Texts that ask for the most work: signatures' own words, nothing but escapes, one endless line. */
const WORST: readonly (readonly [string, () => string])[] = [
  ["troubles, line by line", () => repeated(`${TROUBLE.map((line, at) => fill(line, at)).join("\n")}\n`)],
  [
    "words of every signature in one line",
    () => repeated(causes.flatMap(({ signatures }) => signatures.map(({ match }) => match)).join(" ")),
  ],
  [
    "the same, line by line",
    () => repeated(causes.flatMap(({ signatures }) => signatures.map(({ match }) => match)).join("\n")),
  ],
  ["backslashes and quotes", () => repeated('\\\\\\"')],
  ["brackets of JSON", () => repeated('{"msg":"')],
  ["Chinese", () => repeated("磁盘空间不足无法创建容器")],
];

export async function measureDiagnosis(
  { rounds }: DiagnosisOptions,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<Report> {
  const load = watchLoad();
  const timed = (work: () => void) => {
    signal.throwIfAborted();
    const begun = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(begun);
    return (user + system) / 1_000;
  };
  const prepare = timed(() => new Engine(causes).index.verify());
  const engine = new Engine(causes);
  const pastes = Array.from({ length: rounds }, (_, round) => paste(round));
  const times = pastes.map((text) => timed(() => engine.diagnose(text)));
  const unknown = pastes.filter((text) => !engine.diagnose(text).isKnown).length;
  const p95 = times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1] ?? Number.NaN;
  const worst = WORST.map(([name, make]): Figure => {
    const text = make();
    return { name: `1 MB: ${name}`, unit: "ms", samples: [timed(() => engine.diagnose(text))] };
  });
  const figures: Figure[] = [
    {
      name: "preparing the catalogue",
      unit: "ms",
      samples: [prepare],
      note: `${causes.length} causes, once a process`,
    },
    { name: `a log of ${LINES} lines`, unit: "ms", samples: times, note: `p95 ${p95.toFixed(1)} ms` },
    ...worst,
  ];
  const failures = [
    ...(unknown > 0 ? [`${unknown} of ${rounds} logs were not understood`] : []),
    ...(p95 > GOAL.pasteP95Ms ? [`p95 of ${LINES} lines is over ${GOAL.pasteP95Ms} ms`] : []),
    ...worst
      .filter(({ samples: [ms = 0] }) => ms > GOAL.megabyteMs)
      .map(({ name }) => `${name} took over ${GOAL.megabyteMs} ms`),
  ];
  const group: Group = { title: "diagnosis of pasted text, CPU time", figures, failures, load: load() };
  for (const line of renderGroup(group)) say(line);
  return {
    bench: "diagnosis",
    at: new Date().toISOString(),
    commit: await commitName(),
    settings: { rounds, causes: causes.length },
    machine: await describeMachine(tmpdir()),
    groups: [group],
  };
}

// Fact "hardware": memory modules, temperatures, InfiniBand ports and GPUs, from /sys and, where there is one, nvidia-smi.
import { readdirSync, readlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { FactData } from "../../protocol/facts.ts";
import { readNumber, readText } from "../host/file.ts";
import type { ProcessTable } from "../host/process-table.ts";
import { run } from "../host/run.ts";
import { within } from "../host/wait.ts";
import { defineCollector } from "./define.ts";

type Hardware = FactData["hardware"];
type Gpus = NonNullable<Hardware["gpus"]>;

const folder = (path: string): string[] => {
  try {
    return readdirSync(path).sort();
  } catch {
    return []; // no such class here
  }
};

const EDAC = "/sys/devices/system/edac/mc";

/** Counters per memory module (kernel Documentation/admin-guide/ras.rst); what has no module counts for its controller. */
export function memoryModules(root = EDAC): Hardware["memoryModules"] {
  const controllers = folder(root).filter((name) => /^mc\d+$/.test(name));
  if (controllers.length === 0) return null;
  return controllers.flatMap((mc) => {
    const path = `${root}/${mc}`;
    const modules = folder(path)
      .filter((name) => /^(dimm|rank)\d+$/.test(name))
      .map((name) => ({
        label: `${mc}/${name} ${readText(`${path}/${name}/dimm_label`) ?? ""}`.trim(),
        correctable: readNumber(`${path}/${name}/dimm_ce_count`) ?? 0,
        uncorrectable: readNumber(`${path}/${name}/dimm_ue_count`) ?? 0,
      }));
    const rest = {
      label: `${mc} (module not known)`,
      correctable: readNumber(`${path}/ce_noinfo_count`) ?? 0,
      uncorrectable: readNumber(`${path}/ue_noinfo_count`) ?? 0,
    };
    return rest.correctable + rest.uncorrectable > 0 ? [...modules, rest] : modules;
  });
}

const HWMON = "/sys/class/hwmon";
const SENSORS_MAX = 32;
const SENSOR_FILES_MAX = 256;
/** Sensors below this share of their critical temperature are not told. */
const WARM = 0.8;

/** From this share on they are told to the degree, below in steps of five. */
const NEAR = 0.9;

/** A file of hwmon: reading one may ask a slow bus. */
const slowNumber = async (path: string): Promise<number | null> => {
  const text = await within("sensor", 2_000, readFile(path, "utf8")).catch(() => null);
  const value = Number(text?.trim() || Number.NaN);
  return Number.isFinite(value) ? value : null;
};

/** Temperatures that are worth telling (kernel Documentation/hwmon/sysfs-interface.rst; thousandths of a degree). */
export async function sensors(root = HWMON): Promise<Hardware["sensors"]> {
  const found: Hardware["sensors"] = [];
  let files = 0;
  for (const dir of folder(root)) {
    const path = `${root}/${dir}`;
    const chip = readText(`${path}/name`) ?? dir;
    for (const file of folder(path)) {
      const index = /^temp(\d+)_input$/.exec(file)?.[1];
      if (index === undefined || files >= SENSOR_FILES_MAX) continue;
      files += 1;
      const milli = await slowNumber(`${path}/${file}`);
      if (milli === null) continue;
      const critical = readNumber(`${path}/temp${index}_crit`);
      const has = (name: string) => readNumber(`${path}/temp${index}_${name}`) === 1;
      const criticalAlarm = has("crit_alarm") || has("emergency_alarm");
      const alarm = criticalAlarm || has("max_alarm") || has("alarm");
      const criticalC = critical !== null && critical > 0 ? Math.round(critical / 1_000) : null;
      // Never rounded up: near the critical value each degree counts.
      const isNear = criticalC !== null && milli >= criticalC * 1_000 * NEAR;
      const celsius = isNear ? Math.floor(milli / 1_000) : Math.floor(milli / 5_000) * 5;
      if (!alarm && (criticalC === null || celsius < criticalC * WARM)) continue;
      found.push({
        chip,
        label: readText(`${path}/temp${index}_label`) ?? `temp${index}`,
        celsius,
        criticalC,
        alarm,
        criticalAlarm,
      });
    }
  }
  return found.slice(0, SENSORS_MAX);
}

const INFINIBAND = "/sys/class/infiniband";
/** "4: ACTIVE" → "ACTIVE". */
const stateWord = (text: string | null): string => text?.split(":").at(-1)?.trim() ?? "unknown";

export function infiniband(root = INFINIBAND): Hardware["infiniband"] {
  return folder(root).flatMap((device) =>
    folder(`${root}/${device}/ports`).map((port) => {
      const path = `${root}/${device}/ports/${port}`;
      return {
        device,
        port: Number(port) || 0,
        state: stateWord(readText(`${path}/state`)),
        physicalState: stateWord(readText(`${path}/phys_state`)),
        linkLayer: readText(`${path}/link_layer`) ?? "unknown",
        linkDowned: readNumber(`${path}/counters/link_downed`),
      };
    }),
  );
}

const PCI = "/sys/bus/pci/devices";
const NVIDIA = "0x10de";

/** Cards and switches of NVIDIA on the PCI bus; those given to a virtual machine are not ours. */
export function pciCards(root = PCI): { cards: number; switches: number } {
  let cards = 0;
  let switches = 0;
  for (const device of folder(root)) {
    if (readText(`${root}/${device}/vendor`) !== NVIDIA) continue;
    if (driverOf(`${root}/${device}/driver`) === "vfio-pci") continue;
    const kind = readText(`${root}/${device}/class`) ?? "";
    if (/^0x03(00|02)/.test(kind)) cards += 1;
    else if (kind.startsWith("0x0680")) switches += 1;
  }
  return { cards, switches };
}

const driverOf = (link: string): string | null => {
  try {
    return readlinkSync(link).split("/").at(-1) ?? null;
  } catch {
    return null; // no driver has taken it
  }
};

/** Lines of `nvidia-smi --query-gpu=pci.bus_id,persistence_mode[,remapped_rows.pending,remapped_rows.failure]`. */
export function parseSmi(text: string): Gpus["cards"] {
  const flag = (word: string | undefined): boolean | null =>
    word === undefined ? null : /^(enabled|yes|1)$/i.test(word) ? true : /^(disabled|no|0)$/i.test(word) ? false : null;
  return text
    .split("\n")
    .map((line) => line.split(",").map((cell) => cell.trim()))
    .flatMap(([busId = "", persistence, pending, failed]) =>
      /^[0-9a-f]+:/i.test(busId)
        ? [{ busId, persistence: flag(persistence), remapPending: flag(pending), remapFailed: flag(failed) }]
        : [],
    );
}

/** The tool wakes every card and takes seconds: asked this often, ms. */
const SMI_EVERY_MS = 300_000;
let smi: { at: number; cards: Gpus["cards"]; error: string | null } = { at: 0, cards: [], error: null };

async function askSmi(): Promise<typeof smi> {
  if (Date.now() - smi.at < SMI_EVERY_MS) return smi;
  const query = async (fields: string) =>
    run(["nvidia-smi", `--query-gpu=${fields}`, "--format=csv,noheader"], { timeoutMs: 20_000 });
  let answer = await query("pci.bus_id,persistence_mode,remapped_rows.pending,remapped_rows.failure");
  // Cards and drivers before A100 know no remapped rows.
  if (answer.code !== 0 && !answer.timedOut) answer = await query("pci.bus_id,persistence_mode");
  const why = answer.timedOut ? "no answer within 20 s" : (answer.stderr || answer.stdout).trim().slice(0, 200);
  smi = { at: Date.now(), cards: parseSmi(answer.stdout), error: answer.code === 0 ? null : why || "it failed" };
  return smi;
}

/** comm holds at most 15 characters. */
const FABRIC_MANAGER = "nv-fabricmanager".slice(0, 15);

async function gpus(expected: number | null, table: ProcessTable): Promise<Hardware["gpus"]> {
  const { cards, switches } = pciCards();
  if (cards === 0 && expected === null) return null;
  const driver =
    /Kernel Module\s+(?:for \S+\s+)?([\d.]+)/.exec(readText("/proc/driver/nvidia/version") ?? "")?.[1] ?? null;
  const answer = driver === null ? { cards: [], error: null } : await askSmi();
  return {
    expected,
    onBus: cards,
    driven: folder("/proc/driver/nvidia/gpus").length,
    switches,
    fabricManagerRunning: table.all.some((p) => p.name === FABRIC_MANAGER && p.state !== "Z"),
    driver,
    cards: answer.cards,
    error: answer.error,
  };
}

export const hardware = defineCollector({
  kind: "hardware",
  everyMs: 60_000,
  timeoutMs: 60_000,
  read: async ({ config, table }) => ({
    memoryModules: memoryModules(),
    sensors: await sensors(),
    infiniband: infiniband(),
    gpus: await gpus(config.gpus?.expected ?? null, table.read(10_000)),
  }),
});

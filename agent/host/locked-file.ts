// Files of /proc that wait for a process's memory lock (cmdline, environ, maps). A read that hangs keeps one of the few threads that all file
// I/O and name lookups of Node share, and cannot be called back: so few may be under way, and what hangs is not asked again.
import { readFile } from "node:fs/promises";
import { run } from "./run.ts";
import { sleep } from "./wait.ts";

/** Reads under way at a time; libuv has 4 threads (UV_THREADPOOL_SIZE). */
const SLOTS = 2;
const DEADLINE_MS = 1_000;

const underWay = new Map<string, { isOverdue: boolean; done: Promise<unknown> }>();

/** A file that did not come through a program of its own either is left alone for so long, ms. */
const LEFT_ALONE_MS = 300_000;

const silent = new Map<string, number>();

/** The file's text; null when it does not come within a second or an earlier read of it still hangs. @throws when it is not there */
export async function readLocked(path: string): Promise<string | null> {
  const until = performance.now() + DEADLINE_MS;
  for (;;) {
    if (underWay.get(path)?.isOverdue) return null;
    if (!underWay.has(path) && underWay.size < SLOTS) break;
    const others = [...underWay.values()];
    const left = until - performance.now();
    if (!underWay.has(path) && others.every(({ isOverdue }) => isOverdue)) return throughChild(path);
    if (left <= 0) return null;
    await Promise.race([...others.filter(({ isOverdue }) => !isOverdue).map(({ done }) => done), sleep(left)]);
  }
  return begin(path);
}

/** Where our own threads are not to be risked any more: a program's can be ended. */
async function throughChild(path: string): Promise<string | null> {
  if (performance.now() < (silent.get(path) ?? 0)) return null;
  silent.delete(path);
  const { code, stdout, timedOut } = await run(["cat", "--", path], { timeoutMs: DEADLINE_MS });
  if (timedOut && silent.size < 10_000) silent.set(path, performance.now() + LEFT_ALONE_MS);
  return code === 0 ? stdout : null;
}

async function begin(path: string): Promise<string | null> {
  const reading = readFile(path, "utf8");
  const over = () => underWay.delete(path);
  const entry = { isOverdue: false, done: reading.then(over, over) };
  underWay.set(path, entry);
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<null>((resolve) => {
    timer = setTimeout(() => {
      entry.isOverdue = true;
      resolve(null);
    }, DEADLINE_MS);
  });
  try {
    return await Promise.race([reading, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

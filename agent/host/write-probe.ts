// Asks whether a change to a file system would begin, without changing it: a child removes a folder that does not exist. The kernel takes its
// freeze lock before it looks for the name, so the child waits exactly where every writer waits. One child a file system at a time, never killed
// in vain: it comes back when the file system is thawed.
import { type ChildProcess, spawn } from "node:child_process";
import { messageOf } from "./errors.ts";
import { fileOf } from "./proc.ts";
import { SEARCH_PATH } from "./run.ts";
import { sleep } from "./wait.ts";

export type WriteAnswer = {
  state: "ok" | "frozen" | "stuck" | "failed";
  waitChannel: string | null;
  since: number | null;
  error: string | null;
};

/** Where a task waits for a thaw: percpu_rwsem_wait since Linux 5.7, __percpu_down_read and __sb_start_write before. */
const FREEZE_LOCK = /percpu_rwsem_wait|percpu_down_read|sb_start_write/;
/** A name that nobody has. */
const NO_SUCH_FOLDER = ".nodeops-no-such-folder";

/** Where a task waits, from /proc/PID/wchan, else from the top of its stack; null where the kernel does not say. */
export function waitChannelOf(wchan: string | null, stack: string | null): string | null {
  const name = wchan?.trim();
  if (name && name !== "0") return name;
  return /^\[<[^>]*>\]\s+([A-Za-z_][\w.]*)/m.exec(stack ?? "")?.[1] ?? null;
}

/** What a question that is still under way says. The stack tells where the wait channel is a common one. */
export function judgeWait(wchan: string | null, stack: string | null): "frozen" | "stuck" {
  return FREEZE_LOCK.test(wchan ?? "") || /sb_start_write|mnt_want_write/.test(stack ?? "") ? "frozen" : "stuck";
}

type Question = { child: ChildProcess; askedAt: number; done: Promise<WriteAnswer>; answer: WriteAnswer | null };
const pending = new Map<string, Question>();

function ask(mountPoint: string): Question {
  const path = `${mountPoint === "/" ? "" : mountPoint}/${NO_SUCH_FOLDER}`;
  const env: NodeJS.ProcessEnv = Object.assign(Object.create(null), { PATH: SEARCH_PATH, LC_ALL: "C" });
  const child = spawn("rmdir", [path], { stdio: "ignore", cwd: "/", env });
  // A question that waits for a thaw must not keep a process alive that wants to end.
  child.unref();
  const question: Question = { child, askedAt: Date.now(), done: Promise.resolve(unasked("")), answer: null };
  question.done = new Promise<WriteAnswer>((resolve) => {
    child.on("error", (err) => resolve(unasked(messageOf(err))));
    // Whatever it says (no such folder, read-only): it was not kept waiting.
    child.on("exit", () => resolve({ state: "ok", waitChannel: null, since: null, error: null }));
  }).then((answer) => {
    question.answer = answer;
    pending.delete(mountPoint);
    return answer;
  });
  pending.set(mountPoint, question);
  return question;
}

const unasked = (error: string): WriteAnswer => ({ state: "failed", waitChannel: null, since: null, error });

/** Whether a change to the file system at `mountPoint` begins within `ms`; "frozen" or "stuck" with the instant of the question otherwise. */
export async function probeWrite(mountPoint: string, ms = 1_500): Promise<WriteAnswer> {
  const question = pending.get(mountPoint) ?? ask(mountPoint);
  const answer = await Promise.race([question.done, sleep(ms).then(() => question.answer)]);
  if (answer) return answer;
  const { pid } = question.child;
  if (pid === undefined) return unasked("the question could not be started");
  const stack = fileOf(pid, "stack");
  const waitChannel = waitChannelOf(fileOf(pid, "wchan"), stack);
  return { state: judgeWait(waitChannel, stack), waitChannel, since: question.askedAt, error: null };
}

// What the exit code of a container means, and what else it may mean. Pure data and two readers of it; shown beside answers and on the self-service page.
import type { Text } from "../protocol/text.ts";

export type ExitMeaning = {
  code: number;
  /** "SIGKILL"; null where the code names no signal. */
  signal: string | null;
  title: Text;
  /** What else prints the same number. */
  also: Text | null;
  /** Whose it mostly is; unsure where the number alone does not tell. */
  side: "yours" | "ours" | "either" | "unsure";
};

type Entry = Omit<ExitMeaning, "code" | "signal">;
const t = (en: string, zh: string): Text => ({ en, zh });

/** Shells add a signal's number to this (POSIX 2.8.2 asks for more than 128; bash, dash and all container runtimes use 128 + n). */
const SIGNAL_BASE = 128;

// signal(7) on x86 and ARM.
const SIGNALS: Record<number, string> = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  4: "SIGILL",
  5: "SIGTRAP",
  6: "SIGABRT",
  7: "SIGBUS",
  8: "SIGFPE",
  9: "SIGKILL",
  10: "SIGUSR1",
  11: "SIGSEGV",
  12: "SIGUSR2",
  13: "SIGPIPE",
  14: "SIGALRM",
  15: "SIGTERM",
  24: "SIGXCPU",
  25: "SIGXFSZ",
  31: "SIGSYS",
};

const MEANINGS: Record<number, Entry> = {
  0: {
    title: t("The program ended by itself, without an error", "程序自行结束，未报错"),
    also: t(
      "Where it was meant to keep running, its main process went to the background or had nothing to do.",
      "若本应持续运行，可能是主进程转入了后台，或启动后无事可做。",
    ),
    side: "yours",
  },
  1: {
    title: t("The program ended with an error of its own; its log says which", "程序因自身错误退出，具体原因见其日志"),
    also: t(
      "A dependency that could not be reached (name resolution, network, volume) often ends a program like this, too.",
      "依赖不可用（域名解析、网络、存储卷）时，程序也常以此退出。",
    ),
    side: "yours",
  },
  2: {
    title: t(
      "The program was called in a way that it does not understand, or ended with an error of its own",
      "程序的调用参数有误，或因自身错误退出",
    ),
    also: t("Go programs end so after a panic.", "Go 程序 panic 后也以此退出。"),
    side: "yours",
  },
  125: {
    title: t("The runtime could not run the container at all", "运行时未能运行该容器"),
    also: t(
      "Wrong options (yours) as well as a daemon in trouble (ours).",
      "可能是参数有误（使用者），也可能是守护进程异常（节点）。",
    ),
    side: "either",
  },
  126: {
    title: t(
      "The program to start was found but could not be run: not executable, or the file system forbids it",
      "找到了要启动的程序但无法执行：没有执行权限，或文件系统禁止执行",
    ),
    also: null,
    side: "yours",
  },
  127: {
    title: t(
      "The program to start (or its interpreter or a library) is not in the image",
      "镜像中没有要启动的程序（或其解释器、依赖库）",
    ),
    also: t("A command inside of a start script that is missing.", "也可能是启动脚本中的某条命令不存在。"),
    side: "yours",
  },
  128: {
    title: t("The container could not be started", "容器未能启动"),
    also: t("The program itself called exit with an invalid value.", "也可能是程序自身以无效值调用了 exit。"),
    side: "either",
  },
  130: {
    title: t("It was interrupted (Ctrl-C), as asked for", "被中断（Ctrl-C），属正常停止"),
    also: null,
    side: "unsure",
  },
  132: {
    title: t(
      "It ran an instruction that this processor does not know: built for another one",
      "执行了该处理器不支持的指令：程序为其他型号编译",
    ),
    also: t("Programs that abort on purpose (assertions) may use it.", "部分程序在断言失败时也会主动触发。"),
    side: "yours",
  },
  134: {
    title: t(
      "The program ended itself: a failed assertion or detected damage (abort)",
      "程序自行中止：断言失败或检测到内存损坏（abort）",
    ),
    also: null,
    side: "yours",
  },
  135: {
    title: t("The program read memory or a mapped file that is not there", "程序访问了不存在的内存或映射文件"),
    also: t(
      "Shared memory (/dev/shm) or a disk that is full; memory of the machine that is broken.",
      "也可能是共享内存（/dev/shm）或磁盘已满，或机器内存损坏。",
    ),
    side: "either",
  },
  137: {
    title: t(
      "It was killed at once (SIGKILL): it had no chance to end in order",
      "被强制终止（SIGKILL），来不及正常退出",
    ),
    also: t(
      "Memory limit reached (then the reason says OOMKilled), not ended in time after being asked to, a failed health probe, or the node was out of memory.",
      "可能是达到内存上限（此时原因为 OOMKilled）、收到停止请求后未及时退出、健康检查失败，或节点内存耗尽。",
    ),
    side: "unsure",
  },
  139: {
    title: t(
      "The program crashed: it used memory that is not its own (segmentation fault)",
      "程序崩溃：访问了非法内存（段错误）",
    ),
    also: t(
      "A library that does not fit, seldom broken memory of the machine.",
      "也可能是依赖库不匹配，极少数是机器内存损坏。",
    ),
    side: "yours",
  },
  141: {
    title: t("It wrote to a connection or pipe that was closed", "写入了已关闭的连接或管道"),
    also: null,
    side: "yours",
  },
  143: {
    title: t("It was asked to end (SIGTERM) and did", "收到停止请求（SIGTERM）后退出"),
    also: t(
      "A new version was rolled out, the pod was moved, the node was drained, or a health probe failed.",
      "可能是发布新版本、Pod 被迁移、节点被排空，或健康检查失败。",
    ),
    side: "unsure",
  },
  159: {
    title: t("It made a system call that it may not make (seccomp)", "调用了被禁止的系统调用（seccomp）"),
    also: null,
    side: "either",
  },
  255: {
    title: t("It ended with −1, or nobody knows how it ended", "以 −1 退出，或退出情况不明"),
    also: t(
      "The runtime writes 255 where it lost sight of the container, for example over a restart of the machine.",
      "运行时失去对容器的跟踪时（例如机器重启）也会记为 255。",
    ),
    side: "either",
  },
  // NTSTATUS values of Windows containers.
  3221225477: {
    title: t(
      "The program crashed: it used memory that is not its own (Windows, 0xC0000005)",
      "程序崩溃：访问了非法内存（Windows，0xC0000005）",
    ),
    also: null,
    side: "yours",
  },
  3221225781: {
    title: t(
      "A library (DLL) that the program needs is missing (Windows, 0xC0000135)",
      "缺少程序所需的 DLL（Windows，0xC0000135）",
    ),
    also: null,
    side: "yours",
  },
  3221225786: {
    title: t(
      "It was interrupted (Ctrl-C), as asked for (Windows, 0xC000013A)",
      "被中断（Ctrl-C），属正常停止（Windows，0xC000013A）",
    ),
    also: null,
    side: "unsure",
  },
};

/** The signal that a code stands for; null for other codes. Codes up to 128 + 64 (SIGRTMAX) may be one. */
export function signalOf(code: number): string | null {
  const number = code - SIGNAL_BASE;
  if (number < 1 || number > 64) return null;
  return SIGNALS[number] ?? `signal ${number}`;
}

/** What a code means. Codes without an entry are the program's own. */
export function exitMeaning(code: number): ExitMeaning {
  const signal = signalOf(code);
  const known = MEANINGS[code];
  if (known) return { code, signal, ...known };
  if (signal)
    return {
      code,
      signal,
      title: t(`It was ended by a signal (${signal})`, `被信号终止（${signal}）`),
      also: t("A program may also choose this number by itself.", "程序也可能自行使用该退出码。"),
      side: "either",
    };
  return {
    code,
    signal: null,
    title: t(
      `The program ended with its own code ${code}; its documentation or log says why`,
      `程序以自定义退出码 ${code} 结束，含义见其文档或日志`,
    ),
    also: null,
    side: "yours",
  };
}

// "exit status" alone is how Go prints the end of any helper: there only numbers count that runtimes give to containers.
const CODE =
  /\b(?:exit(?:ed|s)?(?: with)?(?: code)?|exit[ _-]?code"?|ended with code|status=exited, code)\s*[:=(]?\s*\(?"?(\d{1,10})\b|退出码\s*[:：为是]?\s*(\d{1,10})|\bexit status (1(?:2[5-9]|[3-9]\d))\b/gi;
const CODES_MAX = 5;
const CODE_MAX = 4_294_967_295;

/** Exit codes that a text names, each once, in their order. */
export function exitCodesIn(text: string): number[] {
  const found = new Set<number>();
  for (const [, plain, chinese, status] of text.matchAll(CODE)) {
    const code = Number(plain ?? chinese ?? status);
    if (code <= CODE_MAX && found.size < CODES_MAX) found.add(code);
  }
  return [...found];
}

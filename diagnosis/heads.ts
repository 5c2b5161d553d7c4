// What log writers put before a message: times, hosts, levels, program names. Read by normalise.ts, which leaves out all but the program.

/** `from`: where the message begins. `tag`: the program's name before it, which stays. `isRecord`: a new record begins here. */
export type Head = {
  from: number;
  tag: { start: number; end: number } | null;
  isRecord: boolean;
  /** Its writer marked it as information: it tells of no trouble by being there. */
  isInformation: boolean;
  component: string | null;
};

type Pattern = { at: RegExp; isRecord: boolean };
const INFORMATION = /(?:^|\s)(?:I\d{4} |(?:INFO|DEBU|TRAC)\[)/;
const INFORMATION_LEVEL = /level=(?:info|debug|trace) /y;

const CLOCK = String.raw`\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,9})?`;
const ISO = String.raw`\d{4}[-/]\d{1,2}[-/]\d{1,2}[T ]${CLOCK}(?:Z| ?[+-]\d{2}:?\d{2}| UTC)?`;
const SYSLOG_TIME = String.raw`(?:[^\s\d]{3,9} {1,2}\d{1,2}|\d{1,2}[^\s\d]{1,2} {1,2}\d{1,2}[^\s\d]{0,2})(?: \d{4})? ${CLOCK}`;
/** Words without a process id that are programs, not the beginning of a message. */
const PROGRAM = String.raw`(?:[A-Za-z_(][\w./@()-]{0,80}\[\d{1,10}\]|kernel|kubelet|docker|dockerd|containerd|crio|systemd|audit|iscsid|multipathd)`;

const sticky = (pattern: string) => new RegExp(pattern, "y");
/** Each begins where the one before it ended. The order matters: the first that fits is taken. */
const HEADS: readonly Pattern[] = [
  { at: sticky(">{1,3} "), isRecord: false },
  { at: sticky("```[a-z]{0,12}"), isRecord: true },
  { at: sticky(String.raw`<\d{1,3}>\d{0,2} ?`), isRecord: true },
  { at: sticky("(?:kern|user|daemon|syslog) {0,4}:[a-z]{3,6} {0,4}: "), isRecord: true },
  { at: sticky(String.raw`\[ {0,12}\d{1,12}\.\d{1,9}\] ?`), isRecord: true },
  { at: sticky(String.raw`\[ {0,8}[TC]\d{1,8}\] ?`), isRecord: false },
  { at: sticky(String.raw`\[?${ISO}\]?:? {0,4}`), isRecord: true },
  { at: sticky(String.raw`\[?(?:[A-Z][a-z]{2} )?${SYSLOG_TIME}(?: \d{4})?\]?:? {0,4}`), isRecord: true },
  { at: sticky(String.raw`(?:stdout|stderr) [FP](?::\S{1,10})? `), isRecord: true },
  { at: sticky(String.raw`[IWEF]\d{4} ${CLOCK} {1,8}\d{1,10} (?=\S)`), isRecord: true },
  { at: sticky(String.raw`(?:\d{1,10} |[IWEF] )(?=[\w-]{1,60}\.(?:go|c|rs):\d{1,6}\] )`), isRecord: true },
  { at: sticky(String.raw`time="[^"\n]{1,60}" `), isRecord: true },
  { at: sticky(String.raw`(?:INFO|WARN|ERRO|FATA|DEBU|TRAC|PANI)\[[^\]\n]{1,40}\] {0,4}`), isRecord: true },
  { at: sticky(String.raw`[\w.-]{1,40} {1,8}\| `), isRecord: true },
  { at: sticky("[#$] "), isRecord: true },
];
/** Behind a time of syslog: "host program[123]: ". */
const HOST = sticky(String.raw`[\w.:-]{1,255} {1,4}(?=${PROGRAM}: )`);
const TAG = sticky(`(${PROGRAM}): `);
/** A row of `kubectl describe`: its type, reason, age and source stand in columns. */
const EVENT = sticky(
  String.raw`(?:Warning|Normal) {1,20}([A-Z]\w{2,60}) {1,40}(?:<\w{1,10}>|\d{1,6}[smhdy]\S{0,12})(?: \(x\d{1,9} over [^)\s]{1,20}\))? {1,40}([a-z][\w./-]{1,60})(?:, ?\S{1,255})? {1,80}`,
);
const EVENT_START = sticky(String.raw`(?:\S{1,12} {1,8})?(?:Warning|Normal) {1,20}[A-Z]\w{2,60} `);
const HEADS_MAX = 8;

const fits = (pattern: RegExp, line: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at;
  return pattern.exec(line);
};

/** The head of a line whose first character that is no blank stands at `start`. */
export function headOf(line: string, start: number): Head {
  const event = fits(EVENT, line, start);
  // "Warning Failed " stays, too: reasons are words of the cluster's own.
  if (event) {
    const end = start + event[0].indexOf(event[1] ?? "") + (event[1]?.length ?? 0) + 1;
    return {
      from: start + event[0].length,
      tag: { start, end },
      isRecord: true,
      isInformation: event[0].startsWith("N"),
      component: event[2] ?? null,
    };
  }
  const head: Head = {
    from: start,
    tag: null,
    isRecord: fits(EVENT_START, line, start) !== null,
    isInformation: false,
    component: null,
  };
  for (let turn = 0; turn < HEADS_MAX; turn++) {
    const pattern = HEADS.find(({ at }) => fits(at, line, head.from));
    if (pattern) {
      head.from = pattern.at.lastIndex;
      head.isRecord ||= pattern.isRecord;
    }
    if (head.tag) {
      if (pattern) continue;
      break;
    }
    const host = fits(HOST, line, head.from);
    const tag = fits(TAG, line, head.from + (host?.[0].length ?? 0));
    if (!pattern && !tag) break;
    if (!tag) continue;
    head.tag = { start: tag.index, end: tag.index + tag[0].length };
    head.component = (tag[1] ?? "").replace(/\[\d+\]$/, "");
    head.from = head.tag.end;
    head.isRecord = true;
  }
  head.isInformation =
    INFORMATION.test(line.slice(start, head.from)) || fits(INFORMATION_LEVEL, line, head.from) !== null;
  return head;
}

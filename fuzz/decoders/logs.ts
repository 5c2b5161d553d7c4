// Text that other programs write: metric expositions, container and component logs, and what a node's kernel says of its containers.
import { parseCni } from "../../agent/collectors/cni.ts";
import { parseKmsg } from "../../agent/collectors/kernel-log.ts";
import { parseMountinfo } from "../../agent/host/mountinfo.ts";
import { parseStat } from "../../agent/host/proc.ts";
import { parseJournalEntry } from "../../agent/logs/journal-tail.ts";
import { plainMessage } from "../../log-rules/line.ts";
import { logRules } from "../../log-rules/list.ts";
import { Matcher } from "../../log-rules/matcher.ts";
import { EMPTY_LOG_STATE, observe } from "../../log-rules/state.ts";
import { parseKlogLine, parseLogrusLine } from "../../parsers/component-log.ts";
import { containerLogParser, parseCriLine, parseDockerJsonLine } from "../../parsers/crilog.ts";
import { readContainerLog } from "../../parsers/crilog-read.ts";
import { parsePromText } from "../../parsers/promtext.ts";
import { forEachSample } from "../../parsers/promtext-stream.ts";
import { LogMatchFact } from "../../protocol/facts-log.ts";
import { asText, type Decoder } from "../decoder.ts";
import { textInputs } from "../mutate-text.ts";

const EXPOSITIONS = [
  '# HELP http_requests_total Requests.\n# TYPE http_requests_total counter\nhttp_requests_total{method="post",code="200"} 1027 1395066363000\nhttp_requests_total{method="get"} 3\n',
  '# TYPE a histogram\n# UNIT a seconds\na_bucket{le="0.1"} 1 # {trace_id="x"} 0.05 1.5\na_bucket{le="+Inf"} 2\na_count 2\na_sum 0.3\n# EOF\n',
  '# TYPE s summary\ns{quantile="0.5"} 1e-3\ns_sum 2\ns_count 9\n# TYPE i info\ni_info{version="1"} 1\n# EOF\n',
  '# TYPE "a b" gauge\n{"a b","c\\"d"="e\\n"} NaN\nplain -Inf\n',
];
const EXPOSITION_PIECES =
  '# TYPE |# HELP |# UNIT |# EOF|a|a_total|a_bucket|a_count|a_sum|{|}|"|\\|\\n|le=|"+Inf"|=|,| |\t|\n|1|-1|NaN|+Inf| # |counter|histogram|summary|__proto__|constructor|0x1p4|1e999'.split(
    "|",
  );
const exposition = textInputs(EXPOSITIONS, EXPOSITION_PIECES);
const wanted = new Set(["a", "a_total", "a_bucket", "http_requests_total", "__proto__"]);

export const promtext: Decoder = {
  name: "promtext",
  what: "a metric exposition, whole, in both dialects",
  generate: exposition,
  decode(input) {
    const classic = parsePromText(input, { format: "prometheus" });
    const open = parsePromText(input, { format: "openmetrics", names: "legacy" });
    return classic.ok || open.ok;
  },
};

export const promtextStream: Decoder = {
  name: "promtext-stream",
  what: "the same, as the agent picks single metrics out of a runtime's answer",
  generate: exposition,
  decode: (input) => forEachSample(asText(input), wanted, () => undefined).wanted > 0,
};

const LINES = [
  "2026-03-01T08:09:10.123456789Z stdout F hello\n",
  "2026-03-01T08:09:10.123456789+08:00 stderr P:x part",
  '{"log":"hello\\n","stream":"stdout","time":"2026-03-01T08:09:10.123456789Z"}\n',
  "2026-03-01T08:09:10Z stdout F a\n2026-03-01T08:09:11Z stdout P b\n2026-03-01T08:09:11Z stdout F c\n",
];
const LINE_PIECES = [
  ...'2026-03-01T08:09:10|Z|+08:00|.123|,5| stdout | stderr |F|P|P:F| |\n|\r|\0|{|}|"log":|"stream":"stdout"|"time":"2026-03-01T08:09:10Z"|,|"__proto__":{"log":1}|9999999999|-'.split(
    "|",
  ),
];

export const criLog: Decoder = {
  name: "cri-log",
  what: "a container's log file: what the container writes is its own choice",
  generate: textInputs(LINES, LINE_PIECES),
  decode(input) {
    const text = asText(input);
    const lines = text.split("\n");
    readContainerLog(lines, { tailLines: 3, limitBytes: 200, since: "2026-03-01T08:09:10Z", timestamps: true });
    const [first = ""] = lines;
    return containerLogParser(first) !== null && (parseCriLine(text) ?? parseDockerJsonLine(text)) !== null;
  },
};

const COMPONENT_LINES = [
  "E0301 08:09:10.123456    4321 shaper.go:77] cannot shape: eth0] gone\n",
  'time="2026-03-01T08:09:10Z" level=info msg="a \\"quoted\\" word" id=7 error="x"\n',
  'Mar 01 08:09:10 node-7 containerd[4321]: time="2026-03-01T08:09:10Z" level=warning msg=bare\n',
];
const COMPONENT_PIECES = 'E0301 |08:09:10.1 |1 |a.go:1] |time=|level=|msg=|"|\\|\\"|=| |\n|x=|info|Mar 01 '.split("|");

export const componentLog: Decoder = {
  name: "component-log",
  what: "lines of runtimes and kubelet (klog, logrus); containers choose names that stand in them",
  generate: textInputs(COMPONENT_LINES, COMPONENT_PIECES),
  decode: (input) => (parseKlogLine(asText(input)) ?? parseLogrusLine(asText(input))) !== null,
};

const RULE_EXCERPTS = [
  "<3>[   32.298491][  T896] INFO: task jbd2/sda1-8:512 blocked for more than 122 seconds.\n",
  "Mar  1 08:09:10 host kernel: nfs: server filer not responding, still trying\nMar  1 08:09:11 host kernel: nfs: server filer OK\n",
  "attempt to access beyond end of device\nsdb: rw=0, want=4196352, limit=4194304\n",
  "panic: runtime error\n\ngoroutine 1 [running]:\n",
  "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=abc,mems_allowed=0,oom_memcg=/a,task_memcg=/a,task=stress,pid=4321,uid=0\n",
  "kern  :err   : 2025-02-10T16:28:06,502716+00:00 EXT4-fs (sda1): I/O error while writing superblock\n",
];
const RULE_PIECES = [
  ..."[   1.5] |[  T1] |<3>|kernel: |task |:1|blocked for more than |seconds|I/O error, dev |, sector |(|)|\n|{|}|__proto__|task=|pid=|\u001b[31m|message repeated 9 times: [|]".split(
    "|",
  ),
];
const logMatcher = new Matcher(logRules);

export const logRuleLines: Decoder = {
  name: "log-rules",
  what: "lines of kernel, journal and daemons by the log rules: containers choose names that stand in them",
  generate: textInputs(RULE_EXCERPTS, RULE_PIECES),
  decode(input) {
    let state = EMPTY_LOG_STATE;
    for (const [at, raw] of asText(input).split("\n", 50).entries())
      state = observe(state, { source: null, text: plainMessage(raw), at }, logMatcher);
    for (const match of Object.values(state.matches)) LogMatchFact.parse(match);
    return Object.keys(state.matches).length > 0;
  },
};

export const journalEntry: Decoder = {
  name: "journal-entry",
  what: "an entry of systemd's journal as the agent reads it",
  generate: textInputs(
    [
      '{"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1772352000123456","SYSLOG_IDENTIFIER":"kubelet","_UID":"0","_COMM":"kubelet","MESSAGE":"a\\nb"}',
    ],
    ['"MESSAGE":[104]', "null", "{", "}", "[", "]", '"', ",", "1", '"__proto__":'],
  ),
  decode: (input) => parseJournalEntry(asText(input)) !== null,
};

const NODE_TEXTS = [
  "36 35 98:0 /mnt1 /mnt2\\040x rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n37 36 0:5 / /proc rw - proc proc rw\n",
  "6,339,5140900,-;NET: Registered protocol \\x0a family 10\n SUBSYSTEM=net\n",
  "42 (a ) (b) S 1 42 42 0 -1 4194560 1 0 0 0 3 4 0 0 20 0 1 0 12345 1000 200 18446744073709551615 0 0\n",
  '{"cniVersion":"1.0.0","name":"net","plugins":[{"type":"bridge","ipam":{"type":"host-local"}},{"type":"portmap"}]}',
  '{"cniVersion":"0.3.1","name":"lo","type":"loopback"}',
];
const NODE_PIECES = [
  "36 ",
  "35 ",
  "98:0 ",
  "/ ",
  " - ",
  "ext3 ",
  "\\040",
  "\\777",
  "\n",
  "6,",
  "339,",
  "-;",
  "\\x00",
  "(",
  ")",
  " S ",
  '"plugins":',
  "[",
  "{",
  "}",
  '"type":1',
  "__proto__",
  "null",
];

export const nodeText: Decoder = {
  name: "node-text",
  what: "mount table, kernel log, process status, CNI files: containers choose paths and names that stand in them",
  generate: textInputs(NODE_TEXTS, NODE_PIECES),
  decode(input) {
    const text = asText(input);
    const cni = parseCni(text);
    return [
      parseMountinfo(text).length > 0,
      parseKmsg(text, 0) !== null,
      parseStat(text) !== null,
      cni.error === null,
    ].some(Boolean);
  },
};

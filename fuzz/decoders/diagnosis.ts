// Pasted text: from logs in which containers choose names, by anybody who may ask. It must be read in bounded time, and every place named must lie in it.
import { causes } from "../../diagnosis/causes/list.ts";
import { diagnose } from "../../diagnosis/diagnose.ts";
import { asText, type Decoder } from "../decoder.ts";
import { textInputs } from "../mutate-text.ts";

const SAMPLES = [
  'Mar  1 08:09:10 edge-7 kubelet[88]: E0301 08:09:10.1   88 pods.go:7] "No sandbox" err="rpc error: code = Unknown desc = failed to set bridge addr: \\"cni0\\" is taken"\n',
  '{"log":"time=\\"2026-03-01T08:09:10Z\\" level=error msg=\\"write /var/a: no space left on device\\"\\n","stream":"stderr","time":"2026-03-01T08:09:10Z"}\n',
  "  Warning  FailedMount  30s (x7 over 63s)  kubelet, edge-7  MountVolume failed:\n     rpc error: code = Internal\n",
  "[  176.965603] nf_conntrack: nf_conntrack: table full, dropping packet\n[  177.1][  T8] INFO: task a:1 blocked for more than 120 seconds.\n",
  "Lookups in our pods take five seconds now and then.\n",
  "容器一直重启，退出码 137，是不是内存不够",
];
const PIECES = [
  ...'\\|\\"|\\n|\\u001b[|&quot;|&amp;|\u001b[31m|“|: | caused "|code = |err="|{"msg":"|"}|<3>|E0301 08:09:10.1 1 a.go:1] |Warning  Failed  3s  kubelet  |no space left on device|too many open files|permission denied|\n|  |\ud800|磁盘|?'.split(
    "|",
  ),
];

/** Longer ones take their time by nature, in proportion: measured by the bench. */
const CHARS_MAX = 20_000;

export const pastedText: Decoder = {
  name: "pasted-text",
  what: "an error message, a description or a log that somebody pastes, up to the places marked in it",
  share: { of: 0.05, why: "the whole diagnosis, a fraction of a millisecond each" },
  generate: textInputs(SAMPLES, PIECES),
  decode(input) {
    const text = asText(input).slice(0, CHARS_MAX);
    const found = diagnose(text, causes);
    const places = [...found.chain, ...found.causes.flatMap(({ evidence }) => evidence)];
    for (const { start, end } of places)
      if (!(0 <= start && start < end && end <= text.length))
        throw new Error(`a place outside of the text: ${start}–${end}`);
    if (found.causes.some(({ confidence }) => !(confidence >= 0 && confidence <= 1)))
      throw new Error("confidence out of bounds");
    return found.isKnown;
  },
};

// A nested error as its links, outer to inner: "a: b: c", `caused "…"`, `err="…"`, "rpc error: code = X desc = …". Used by rank.ts and shown with the answer.

/** One error of a chain: a range of the record it stands in. */
export type Link = { start: number; end: number; text: string };

export type Chain = {
  links: readonly Link[];
  /** The call that failed, such as RunPodSandbox. */
  rpc: string | null;
  /** gRPC status named last, the innermost one. */
  code: string | null;
};

/** Between two links. `: ` within a time or an address has no blank behind it. */
const BETWEEN =
  /(?::"? |"?,? caused(?: by)?:? "?|\bcaused by: ?"?| desc ?= ?"?|\b(?:err|error|msg|message|reason|output|stderr)="?(?=[^\s"])| -> )/gi;
/** Parts that say who speaks or how, not what is wrong. */
const EMPTY =
  /^(?:["'`\s().,;\]]*|unknown["'.]*|error|errors?|warning|fatal|panic|rpc error|code ?= ?\w+|rpc error code ?= ?\w+|(?:\S+ )?[\w-]+\.go:\d+\]?|level=\w+|exit status \d+|\S+\[\d+\])$/i;
const RPC =
  /\b((?:Run|Stop|Remove|Create|List)?PodSandbox(?:Status)?|(?:Create|Start|Stop|Remove|List|Update)?Containers?(?:Status|Stats)?|ExecSync|PullImage|ImageFsInfo|ImageStatus|RemoveImage|UpdateRuntimeConfig|Node(?:Stage|Unstage|Publish|Unpublish|Expand)Volume|Controller(?:Publish|Unpublish|Expand)Volume|MountVolume|UnmountVolume|AttachVolume|DetachVolume)(?:\b|\.)/;
const CALLS =
  /^(?:(?:Run|Stop|Remove|Create|List)PodSandbox|PodSandboxStatus|(?:Create|Start|Stop|Remove|List|Update)Container|ContainerSta)/;
const CODE = /\bcode ?= ?"?([A-Za-z]{2,24})/g;
/** The file that klog names before a message, and the fields after it. */
const SOURCE = /^\s?(?:\S{1,80} )?[\w-]{1,60}\.go:\d{1,6}\] /;
const FIELD = /"? (?!err=|error=|msg=|message=)[A-Za-z_]{2,30}="/;
const LINKS_MAX = 40;
const RECORD_CHARS_MAX = 8_000;

/** Never empty for a text that says something. */
export function chainOf(record: string): Chain {
  const text = record.slice(0, RECORD_CHARS_MAX);
  const links: Link[] = [];
  let from = 0;
  const add = (start: number, upTo: number) => {
    const whole = text.slice(start, upTo);
    const field = whole.search(FIELD);
    const end = field > 0 ? start + field : upTo;
    const said = text
      .slice(start, end)
      .replace(SOURCE, "")
      .trim()
      .replace(/^["'`]+|["'`]+$/g, "");
    if (!EMPTY.test(said) && links.length < LINKS_MAX) links.push({ start, end, text: said });
  };
  for (const { index, 0: separator } of text.matchAll(BETWEEN)) {
    add(from, index);
    from = index + separator.length;
  }
  add(from, text.length);
  let code: string | null = null;
  for (const [, named] of text.matchAll(CODE)) code = named ?? code;
  const rpc = RPC.exec(text)?.[1] ?? null;
  return { links, rpc: rpc !== null && (CALLS.test(rpc) || /Volume|Image|Exec|Config/.test(rpc)) ? rpc : null, code };
}

/** How deep in the chain a position stands: the number of links that begin at or before it. */
export const depthOf = ({ links }: Chain, position: number): number =>
  links.reduce((depth, { start }) => (start <= position ? depth + 1 : depth), 0);

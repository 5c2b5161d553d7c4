// What systemctl prints, read. Asking is the caller's.

/** Blocks of KEY=VALUE lines as `systemctl show` prints them, an empty line between units. */
export function parseShow(text: string): Record<string, string>[] {
  return text
    .split(/\n\s*\n/)
    .map((block) =>
      Object.fromEntries(
        block.split("\n").flatMap((line): [string, string][] => {
          const at = line.indexOf("=");
          return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : [];
        }),
      ),
    )
    .filter((block) => Object.keys(block).length > 0);
}

// Which cause a check's finding shows, where that is clear: many articles name the checks that may find their cause, few checks find one thing only. Pure.

export type Named = {
  id: string;
  /** Checks that the cause itself names. */
  own: readonly string[];
  /** Those that its article names. */
  others: readonly string[];
};

/** What a cause itself says counts; else the only one whose article names the check. Null where several do: then the finding speaks for itself. */
export function causeOfCheck(checkId: string, causes: readonly Named[]): string | null {
  const own = causes.filter((cause) => cause.own.includes(checkId));
  const [only, next] = own.length > 0 ? own : causes.filter(({ others }) => others.includes(checkId));
  return only && !next ? only.id : null;
}

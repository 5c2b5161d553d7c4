// `sessions`: where a person is signed in, and ending that.
import { answer, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { age, printJson, printLine, printTable } from "../output.ts";
import { plain } from "../words.ts";
import { personNamed } from "./people.ts";

export const list: Run<object> = async ([email = ""], options) => {
  const client = connect(options);
  const { id } = await personNamed(client, email);
  const rows = await answer(client.accounts.sessionsOf.query({ id }));
  if (options.json) return printJson(rows);
  printTable(
    rows,
    [
      { title: "SINCE", text: (s) => age(s.createdAt) },
      { title: "SEEN", text: (s) => age(s.lastSeenAt) },
      { title: "FROM", text: (s) => plain(s.address) },
      { title: "WITH", text: (s) => plain(s.userAgent).slice(0, 60) },
      { title: "", text: (s) => (s.isBreakGlass ? "emergency access" : "") },
    ],
    "not signed in",
  );
};

export const end: Run<object> = async ([email = ""], options) => {
  const client = connect(options);
  const { id } = await personNamed(client, email);
  const { ended } = await answer(client.accounts.revokeSessionsOf.mutate({ id }));
  if (options.json) printJson({ ended });
  else printLine(ended === 1 ? "1 session has ended" : `${ended} sessions have ended`);
};

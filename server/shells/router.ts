// Procedures of shells.
import { expose, router } from "../api/trpc.ts";
import { getShell } from "./get.ts";
import { listShells } from "./list.ts";
import { readShell } from "./output.ts";
import { shellPolicy } from "./policy.ts";
import { requestShell } from "./request.ts";
import { stopShell } from "./stop.ts";
import { typeIntoShell } from "./type.ts";

export const shellsRouter = router({
  request: expose(requestShell),
  list: expose(listShells),
  get: expose(getShell),
  output: expose(readShell),
  type: expose(typeIntoShell),
  stop: expose(stopShell),
  policy: expose(shellPolicy),
});

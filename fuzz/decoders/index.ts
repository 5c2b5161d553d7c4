// The list of decoders; harness, command line and tests walk it.
import type { Decoder } from "../decoder.ts";
import { apiInput } from "./api.ts";
import { changeParams, managedFile, settingValue, tomlSyntax } from "./changes.ts";
import { commandPayload, signedCommand } from "./commands.ts";
import { agentConfig } from "./config.ts";
import { customCheck } from "./custom-checks.ts";
import { pastedText } from "./diagnosis.ts";
import { queuedCommand } from "./dispatch.ts";
import { csr, enrolRequest, joinToken } from "./enrolment.ts";
import { frameFromAgent, frameFromGateway } from "./frames.ts";
import { componentLog, criLog, journalEntry, logRuleLines, nodeText, promtext, promtextStream } from "./logs.ts";
import { packageText } from "./packages.ts";
import { rolloutCommand } from "./rollouts.ts";
import { pastedSecrets } from "./secrets.ts";
import { selector } from "./selector.ts";
import { authorization, passkeyAnswer, sessionCookie } from "./sessions.ts";
import { canonical, statement, trustDocument } from "./statements.ts";
import { hostileText, jsonLimits, requestHead } from "./web.ts";

export const decoders: readonly Decoder[] = [
  frameFromAgent,
  frameFromGateway,
  signedCommand,
  commandPayload,
  joinToken,
  enrolRequest,
  csr,
  statement,
  trustDocument,
  canonical,
  agentConfig,
  apiInput,
  selector,
  customCheck,
  changeParams,
  managedFile,
  settingValue,
  tomlSyntax,
  requestHead,
  jsonLimits,
  queuedCommand,
  rolloutCommand,
  sessionCookie,
  authorization,
  passkeyAnswer,
  hostileText,
  promtext,
  promtextStream,
  criLog,
  componentLog,
  nodeText,
  packageText,
  logRuleLines,
  journalEntry,
  pastedText,
  pastedSecrets,
];

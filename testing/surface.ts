// Every procedure of the API: what it must be declared to need, and calls of it. A procedure without a line here fails the build, as does a line
// without a procedure. Access is written down a second time on purpose: a verb that asks for less than it did has to be changed in two places.
import { randomUUID } from "node:crypto";
import { type Grant, grantsFor, holdsFleetWide, type On, type Permission } from "../server/core/access.ts";
import { parts } from "./access-model.ts";
import { draftForTests, type Things } from "./world.ts";

/** Whose call it is; tokens have grants only. */
export type Me = {
  me: { userId?: string; sessionId?: string; passkey?: string; apiToken?: string; grants: readonly Grant[] };
};

export type Entry = {
  access: Permission;
  on: On;
  stepUp?: true;
  /** It is about one node or what belongs to it: outside of one's part there is no such thing. Without it, lists simply leave out what lies outside. */
  isAboutNode?: true;
  /** Whom a rule of the verb's own forbids it, beyond permissions; `pool` is that of the things it is about. */
  forbids?: (who: Pick<Me["me"], "grants">, pool: string) => boolean;
  /** Inputs; the first one of a mutation should succeed where that is cheap. */
  calls: readonly ((things: Things & Me) => unknown)[];
};

const read = (access: Permission, ...calls: Entry["calls"]): Entry => ({ access, on: "node", calls });
const about = (access: Permission, ...calls: Entry["calls"]): Entry => ({
  access,
  on: "node",
  isAboutNode: true,
  calls,
});
const fleet = (access: Permission, ...calls: Entry["calls"]): Entry => ({ access, on: "fleet", calls });
const self = (...calls: Entry["calls"]): Entry => ({ access: "accounts:self", on: "self", calls });
const confirmed = (entry: Entry): Entry => ({ ...entry, stepUp: true });

const none = () => undefined;
const empty = () => ({});
const nodeId = ({ node }: Things) => ({ node: node.id });
const nodeName = ({ node }: Things) => ({ node: node.name });
const searchOf = ({ node }: Things) => ({ search: node.name });
const findingId = ({ finding }: Things) => ({ id: finding });
const incidentId = ({ incident }: Things) => ({ id: incident });
const runId = ({ repair }: Things) => ({ id: repair });
const patrolId = ({ patrol }: Things) => ({ id: patrol });
const patrolOf = (selector: string) => ({ name: `patrol ${randomUUID()}`, selector });
const rolloutId = ({ rollout }: Things) => ({ id: rollout });
const rolloutAct = ({ rollout }: Things) => ({ id: rollout, reason: "test" });
const rolloutOf = (selector: string) => ({
  change: { kind: "sysctl", params: { key: "vm.max_map_count", value: "262144" } },
  where: { selector },
});
/** Whether a permission is held in several parts and not in the whole fleet. */
const isScattered =
  (access: Permission) =>
  (me: Pick<Me["me"], "grants">): boolean =>
    !holdsFleetWide(me, access) && grantsFor(me, access).length > 1;
const articleDraft = { articleId: "cause/never-seen", en: "text", zh: "", cause: null };
const hash = "0".repeat(64);
const caseId = ({ diagnosisCase }: Things) => ({ id: diagnosisCase });
const caseOf = ({ diagnosisCase }: Things) => ({ caseId: diagnosisCase });
/** Whether a permission is held for the nodes of a pool. */
const holdsIn = (who: Pick<Me["me"], "grants">, access: Permission, pool: string): boolean =>
  grantsFor(who, access).some(({ selector }) =>
    Object.values(parts).some(({ text, selects }) => text === selector && selects({ pool, labels: {} })),
  );
/** Somebody else's case is for those who review it; others are told that it is not theirs. */
const unlessReviewed =
  (access: Permission): NonNullable<Entry["forbids"]> =>
  (who, pool) =>
    holdsIn(who, access, pool) && !holdsIn(who, "diagnosis:review", pool);
const personId = ({ person }: Things) => ({ id: person.userId });
/** Reads like a signature; whoever may hand one in is told that it does not fit. */
const signatureOf = (keyId: string) => ({ type: "ed25519", keyId, signature: "A".repeat(86) });

export const surface: Record<string, Entry> = {
  "overview.get": read("nodes:read", none),
  "overview.grid": read("nodes:read", none),

  "nodes.list": read(
    "nodes:read",
    empty,
    searchOf,
    ({ pool }) => ({ pool: [pool] }),
    ({ pool }) => ({ search: `${pool}-label` }),
  ),
  "nodes.get": about("nodes:read", nodeId, nodeName),
  "nodes.history": about("nodes:read", nodeId, nodeName),
  "nodes.facts": about("nodes:read", nodeId, nodeName),
  "nodes.timeline": about("nodes:read", nodeId, nodeName),
  "nodes.refresh": about("nodes:write", nodeId, nodeName),
  "nodes.setMaintenance": about("nodes:write", ({ node }) => ({ node: node.id, on: true })),
  "nodes.release": confirmed(about("nodes:trust", nodeId)),
  "nodes.remove": confirmed(about("nodes:write", nodeId, ({ busy }) => ({ node: busy.name }))),

  "findings.list": read(
    "findings:read",
    empty,
    nodeId,
    nodeName,
    searchOf,
    ({ pool }) => ({ search: `${pool}-subject` }),
    () => ({ state: "all" }),
  ),
  "findings.groups": read("findings:read", empty, nodeId, nodeName, searchOf),
  "findings.get": about("findings:read", findingId),
  "findings.acknowledge": about("findings:write", findingId),
  "findings.judge": about("findings:write", ({ finding }) => ({ id: finding, wasReal: true })),

  "knowledge.list": { access: "knowledge:read", on: "self", calls: [empty, () => ({ search: "memory limit" })] },
  "knowledge.get": { access: "knowledge:read", on: "self", calls: [() => ({ articleId: "check/runtime-down" })] },
  "knowledge.export": { access: "knowledge:read", on: "self", calls: [() => ({ origin: "own" })] },
  "knowledge.version": fleet("knowledge:write", ({ article }) => article),
  "knowledge.preview": fleet("knowledge:write", () => articleDraft),
  "knowledge.save": fleet("knowledge:write", () => ({
    ...articleDraft,
    articleId: `cause/x-${randomUUID()}`,
    seen: 0,
  })),
  "knowledge.import": fleet("knowledge:write", () => ({ files: [{ path: "notes.txt", text: "" }], isTrial: true })),
  "knowledge.submit": fleet("knowledge:write", ({ article }) => article),
  "knowledge.review": fleet("knowledge:review", ({ article }) => ({ ...article, act: "return" })),

  "repairs.list": read("repairs:read", empty, nodeId, nodeName, searchOf, () => ({ state: "active" })),
  "repairs.get": about("repairs:read", runId, ({ running }) => ({ id: running })),
  "repairs.preview": about("repairs:read", ({ finding }) => ({ findingId: finding })),
  "repairs.previewUndo": about("repairs:read", runId),
  "repairs.start": about("repairs:request", ({ finding }) => ({
    findingId: finding,
    repairId: "start-runtime",
    planHash: hash,
  })),
  "repairs.undo": about("repairs:request", ({ repair }) => ({ id: repair, planHash: hash })),
  "repairs.cancel": about("repairs:run", ({ running }) => ({ id: running })),

  "rollouts.preview": read(
    "rollouts:run",
    ({ pool }) => rolloutOf(`pool=${pool}`),
    () => rolloutOf("*"),
  ),
  "rollouts.plan": read("rollouts:run", ({ pool }) => rolloutOf(`pool=${pool}`)),
  "rollouts.start": confirmed(about("rollouts:run", ({ rollout }) => ({ id: rollout, targetHash: hash }))),
  "rollouts.pause": about("rollouts:run", rolloutAct),
  "rollouts.resume": confirmed(about("rollouts:run", rolloutAct)),
  "rollouts.promote": confirmed(about("rollouts:run", rolloutAct)),
  "rollouts.abort": about("rollouts:run", rolloutAct),
  "rollouts.rollBack": confirmed(about("rollouts:run", rolloutAct)),
  "rollouts.retry": about("rollouts:run", rolloutAct),
  "rollouts.decideGate": confirmed(
    about("rollouts:approve", ({ rollout }) => ({ id: rollout, reason: "test", after: 0, isOpen: true })),
  ),
  "rollouts.list": read(
    "rollouts:read",
    empty,
    () => ({ single: true, state: "active" }),
    nodeId,
    nodeName,
    ({ pool }) => ({ search: `${pool}-rollout` }),
  ),
  "rollouts.get": about("rollouts:read", rolloutId),
  "rollouts.lateJoiners": about("rollouts:read", rolloutId),
  "rollouts.targets": about("rollouts:read", rolloutId),
  "rollouts.looks": about("rollouts:read", rolloutId),
  "rollouts.events": about("rollouts:read", rolloutId),
  "rollouts.templates": fleet("rollouts:run", none),
  "rollouts.saveTemplate": fleet("rollouts:run", () => ({ name: randomUUID(), definition: rolloutOf("*") })),
  "rollouts.removeTemplate": fleet("rollouts:run", ({ rolloutTemplate }) => ({ id: rolloutTemplate })),
  "budget.list": read("rollouts:read", empty, ({ pool }) => ({ pool })),
  "budget.set": confirmed(
    fleet("budgets:write", ({ pool }) => ({
      pool,
      policy: { maxUnavailable: { ratio: 0.1 }, maxUnhealthyRatio: 0.2, maxDomains: 1, minAvailable: 0 },
      reason: "test",
    })),
  ),
  "leases.list": read("rollouts:read", empty, nodeId, nodeName, ({ pool }) => ({ pool })),
  "leases.cordon": about("leases:write", ({ node }) => ({ node: node.id, forMs: 3_600_000, reason: "test" })),
  "leases.extend": about("leases:write", ({ lease }) => ({ id: lease, forMs: 3_600_000, reason: "test" })),
  "leases.release": about("leases:write", ({ lease }) => ({ id: lease })),

  "containers.list": read(
    "containers:read",
    empty,
    nodeId,
    nodeName,
    ({ container }) => ({ search: container.slice(0, 12) }),
    ({ pool }) => ({ search: `${pool}-image` }),
  ),
  "diagnosis.ask": read(
    "diagnosis:ask",
    ({ container }) => ({ text: `nf_conntrack: table full, dropping packet; container ${container}` }),
    () => ({ text: "What is wrong?" }),
  ),
  "debug.start": about("debug:run", nodeId, nodeName, ({ node }) => ({ node: node.id, container: "f".repeat(64) })),
  "debug.get": about("debug:run", ({ look }) => ({ id: look })),
  "debug.list": read("debug:run", empty, nodeId, nodeName),
  "shells.request": confirmed(
    about("shells:open", ({ node }) => ({ node: node.id, minutes: 5, reason: "look at it" })),
  ),
  "shells.get": about("shells:read", ({ shell }) => ({ id: shell })),
  "shells.output": about("shells:read", ({ shell }) => ({ id: shell })),
  "shells.list": read("shells:read", empty, nodeId, nodeName),
  "shells.policy": read("shells:read", empty),
  // Only whoever asked for it.
  "shells.type": {
    ...about("shells:open", ({ shell }) => ({ id: shell, inputs: [{ kind: "i", data: "bHMK" }] })),
    forbids: (who, pool) => holdsIn(who, "shells:open", pool),
  },
  "shells.stop": about("shells:stop", ({ shell }) => ({ id: shell })),
  "diagnosis.live": about("diagnosis:ask", nodeId, nodeName, ({ container }) => ({ container })),
  "diagnosis.case": { ...about("diagnosis:ask", caseId), forbids: unlessReviewed("diagnosis:ask") },
  "diagnosis.mine": read("diagnosis:ask", empty),
  "diagnosis.feedback": {
    ...about("diagnosis:ask", ({ diagnosisCase }) => ({ caseId: diagnosisCase, feedback: "not-solved" })),
    forbids: unlessReviewed("diagnosis:ask"),
  },
  "diagnosis.requestRepair": {
    ...about("repairs:request", ({ diagnosisCase, finding }) => ({
      caseId: diagnosisCase,
      findingId: finding,
      repairId: "start-runtime",
      planHash: hash,
    })),
    forbids: unlessReviewed("repairs:request"),
  },
  "diagnosis.explainPreview": { ...about("diagnosis:ask", caseOf), forbids: unlessReviewed("diagnosis:ask") },
  "diagnosis.explain": {
    ...about("diagnosis:ask", ({ diagnosisCase }) => ({ caseId: diagnosisCase, confirm: true })),
    forbids: unlessReviewed("diagnosis:ask"),
  },
  "diagnosis.review": read(
    "diagnosis:review",
    empty,
    () => ({ kind: "unknown" }),
    ({ pool }) => ({ search: `${pool}-question` }),
  ),
  "diagnosis.proposeDraft": about("diagnosis:review", ({ diagnosisCase }) => ({ caseIds: [diagnosisCase] })),
  "diagnosis.close": about("diagnosis:review", ({ diagnosisCase }) => ({
    caseIds: [diagnosisCase],
    as: { kind: "nothing" },
  })),
  "diagnosis.myApplications": read(
    "diagnosis:ask",
    empty,
    searchOf,
    ({ pool }) => ({ search: `${pool}-image` }),
    ({ container }) => ({ search: container.slice(0, 12) }),
  ),
  "inspections.checks": read("checks:read", none),
  "inspections.check": read("checks:read", () => ({ id: "runtime-down" })),
  "incidents.list": read("checks:read", empty, () => ({ state: "all" })),
  "incidents.get": about("checks:read", incidentId),
  "incidents.acknowledge": about("findings:write", incidentId),
  "mutes.list": read(
    "checks:read",
    empty,
    () => ({ state: "all" }),
    () => ({ checkId: "runtime-down" }),
  ),
  "mutes.create": {
    ...read("findings:write", ({ pool }) => ({
      checkId: "runtime-down",
      selector: `pool=${pool}`,
      reason: "test",
      expiresAt: new Date(Date.now() + 3_600_000),
    })),
  },
  "mutes.end": about("findings:write", ({ mute }) => ({ id: mute })),
  "modes.list": read("checks:read", empty, () => ({ checkId: "runtime-down" })),
  "modes.set": confirmed(
    fleet("checks:mode", ({ pool }) => ({ checkId: "runtime-down", pool, mode: "observe", reason: "test" })),
  ),
  "patrols.list": read("patrols:read", none),
  "patrols.get": about("patrols:read", patrolId),
  "patrols.create": {
    ...read("patrols:write", ({ pool }) => ({ ...patrolOf(`pool=${pool}`), trigger: { type: "manual" } })),
    // What somebody may do in several parts cannot be said in one selector.
    forbids: isScattered("patrols:write"),
  },
  "patrols.update": {
    ...about("patrols:write", ({ patrol, pool }) => ({
      ...patrolOf(`pool=${pool}`),
      id: patrol,
      trigger: { type: "cron", expression: "0 3 * * *", timeZone: "Asia/Shanghai" },
    })),
    forbids: isScattered("patrols:write"),
  },
  "patrols.remove": about("patrols:write", patrolId),
  "patrols.runNow": read("patrols:run", ({ pool }) => ({ selector: `pool=${pool}` })),
  "patrols.cancel": about("patrols:run", ({ patrolRun }) => ({ id: patrolRun })),
  "patrols.runs": read("patrols:read", empty),
  "patrols.run": about("patrols:read", ({ patrolRun }) => ({ id: patrolRun })),
  "patrols.previewCount": read(
    "nodes:read",
    ({ pool }) => ({ selector: `pool=${pool}` }),
    () => ({ selector: "*" }),
  ),

  "customChecks.list": read("checks:read", none),
  "customChecks.get": read("checks:read", ({ customCheck }) => ({ id: customCheck })),
  "customChecks.save": fleet("checks:write", ({ customCheck }) => ({
    id: customCheck,
    draft: { ...draftForTests, severity: "info" },
  })),
  "customChecks.setState": fleet("checks:write", ({ customCheck }) => ({ id: customCheck, state: "retired" })),
  "customChecks.tryFixtures": { access: "checks:write", on: "self", calls: [() => ({ draft: draftForTests })] },
  "customChecks.backTest": read(
    "checks:write",
    ({ pool }) => ({ target: { id: "runtime-down" }, selector: `pool=${pool}` }),
    () => ({ target: { draft: draftForTests }, selector: "*" }),
  ),
  "customChecks.startBackTest": read("checks:write", ({ customCheck }) => ({ target: { id: customCheck } })),
  "customChecks.backTestRun": read("checks:write", ({ patrolRun }) => ({ runId: patrolRun })),
  "customChecks.cancelBackTest": read("checks:write", ({ patrolRun }) => ({ runId: patrolRun })),

  "audit.list": fleet("audit:read", empty),

  "approvals.waiting": read("repairs:read", empty, ({ finding }) => ({ findingId: finding })),
  "approvals.waitingRollouts": read("rollouts:read", empty),
  "approvals.get": about("repairs:read", ({ waiting }) => ({ id: waiting }), runId),
  "approvals.approve": about("repairs:approve", ({ waiting, key }) => ({ id: waiting, signature: signatureOf(key) })),
  "approvals.release": about("repairs:run", ({ waiting }) => ({ id: waiting })),
  "approvals.reject": about("repairs:approve", ({ waiting }) => ({ id: waiting, reason: "no" })),
  "approvals.approveRollout": about("rollouts:approve", ({ rollout, key }) => ({
    id: rollout,
    signature: signatureOf(key),
  })),
  "approvals.keys": { access: "keys:read", on: "self", calls: [none] },
  "approvals.requestKey": {
    access: "keys:sign",
    on: "self",
    calls: [({ me, passkey }) => ({ passkeyId: me.passkey ?? passkey })],
  },
  "approvals.signKey": fleet("keys:sign", ({ key }) => ({ keyId: key, signature: signatureOf(key) })),
  "freeze.get": { access: "freeze:read", on: "self", calls: [none] },
  "freeze.set": { access: "freeze:set", on: "self", calls: [() => ({ reason: "test" })] },
  "freeze.lift": fleet("freeze:lift", ({ key }) => ({ epoch: 1, signature: signatureOf(key) })),
  "trust.status": fleet("keys:read", empty),

  "joinTokens.list": fleet("tokens:read", empty),
  "joinTokens.create": confirmed(fleet("tokens:write", empty)),
  "joinTokens.revoke": fleet("tokens:write", ({ joinToken }) => ({ id: joinToken })),

  "accounts.me": self(none),
  "accounts.setLocale": self(() => ({ locale: "zh" })),
  "accounts.tokens": self(none),
  "accounts.createToken": {
    ...confirmed(self(({ me }) => ({ name: "t", ...(me.grants[0] ?? {}) }))),
    // A token never gets more than its maker has, which is nothing.
    forbids: ({ grants }) => grants.length === 0,
  },
  "accounts.revokeToken": self(({ me, apiToken }) => ({ id: me.apiToken ?? apiToken })),
  "accounts.changePassword": confirmed(self(() => ({ current: "not the password", next: "a longer new password" }))),
  "accounts.confirmPresence": self(() => ({ password: "not the password" })),
  "accounts.startTwoFactor": confirmed(self(none)),
  "accounts.enableTwoFactor": self(() => ({ code: "000000" })),
  "accounts.disableTwoFactor": confirmed(self(none)),
  "accounts.passkeys": self(none),
  "accounts.passkeyOptions": self(none),
  "accounts.presenceOptions": self(none),
  "accounts.addPasskey": confirmed(self(() => ({ name: "k", response: {} }))),
  "accounts.renamePasskey": self(({ me, passkey }) => ({ id: me.passkey ?? passkey, name: "k" })),
  "accounts.removePasskey": confirmed(self(({ me, passkey }) => ({ id: me.passkey ?? passkey }))),
  "accounts.sessions": self(none),
  "accounts.revokeSession": self(({ me }) => ({ id: me.sessionId ?? "none" })),
  "accounts.revokeOtherSessions": self(none),
  "accounts.breakGlassNotice": self(none),

  "accounts.people": fleet("accounts:read", none),
  "accounts.sessionsOf": fleet("accounts:read", personId),
  "accounts.identityProvider": fleet("accounts:read", none),
  "accounts.breakGlass": fleet("accounts:read", none),
  "accounts.createPerson": confirmed(
    fleet("accounts:write", () => ({ name: "Someone", email: `${randomUUID()}@example.org` })),
  ),
  "accounts.setRights": confirmed(
    fleet("accounts:write", ({ person }) => ({
      id: person.userId,
      role: null,
      grants: [{ role: "user", selector: "pool=own" }],
    })),
  ),
  "accounts.setDisabled": confirmed(fleet("accounts:write", ({ person }) => ({ id: person.userId, disabled: true }))),
  "accounts.unlock": confirmed(fleet("accounts:write", personId)),
  "accounts.resetPerson": confirmed(fleet("accounts:write", personId)),
  "accounts.revokeSessionsOf": confirmed(fleet("accounts:write", personId)),
  "accounts.endBreakGlass": fleet("accounts:write", ({ breakGlass }) => ({ id: breakGlass })),
  "accounts.reviewBreakGlass": confirmed(
    fleet("accounts:write", ({ breakGlass }) => ({ id: breakGlass, note: "looked at" })),
  ),
};

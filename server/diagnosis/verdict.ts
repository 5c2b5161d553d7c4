// "Your container or our node?", decided from what was seen of both. Pure: a container's symptom first, then whether a trouble of the node explains it.
import type { Area, Severity } from "../../checks/define.ts";
import type { Text } from "../../protocol/text.ts";
import { hindersHandling, isMereAdvice } from "./check-sides.ts";
import type { VerdictSide } from "./schema.ts";
import { symptomOf } from "./symptom.ts";
import { type Container, lowerFirst, type Symptom } from "./symptom-parts.ts";

/** An open finding of the node, as far as it is needed here. */
export type SeenFinding = {
  id: string;
  checkId: string;
  area: Area | null;
  severity: Severity;
  side: VerdictSide;
  /** It names the very container or its pod. */
  isAboutSubject: boolean;
  title: Text;
};

export type SeenNode = {
  /** A session with its agent. */
  isReporting: boolean;
  state: string;
  isInMaintenance: boolean;
};

/** A cause that the runtime's own words name, with its confidence. */
export type SaidCause = { id: string; side: VerdictSide; confidence: number; title: Text };

export type Look = {
  node: SeenNode;
  /** Null for a question about the node alone. */
  container: Container | null;
  findings: readonly SeenFinding[];
  /** From texts that runtime and kernel printed about it; likeliest first. */
  said: readonly SaidCause[];
};

export type Decision = {
  side: VerdictSide;
  isWell: boolean;
  text: Text;
  because: Text[];
  /** Likeliest first. */
  causes: { id: string; confidence: number }[];
  /** Findings that the verdict rests on. */
  restsOn: string[];
};

const t = (en: string, zh: string): Text => ({ en, zh });

/** How often such a verdict should be right. Editorial until feedback says otherwise. */
const CONFIDENCE = { own: 0.95, aboutSubject: 0.9, critical: 0.8, warning: 0.6, likely: 0.6 } as const;

const rank: Record<Severity, number> = { critical: 0, warning: 1, info: 2 };

/** @param causeOf the cause that a check's finding shows; null where none is written */
export function decide(look: Look, causeOf: (checkId: string) => string | null): Decision {
  const decision = look.container ? ofContainer(look, look.container, causeOf) : ofNode(look, causeOf);
  if (!look.node.isReporting)
    decision.because.push(
      t(
        "The node does not report at the moment: this is what was seen last, the container may be well by now.",
        "该节点目前未上报：以上为最后一次看到的情况，容器此刻可能已恢复正常。",
      ),
    );
  if (look.node.isInMaintenance) decision.because.push(t("The node is in maintenance.", "该节点正在维护中。"));
  return decision;
}

function ofContainer(look: Look, container: Container, causeOf: (checkId: string) => string | null): Decision {
  const symptom = symptomOf(container);
  if (symptom.isOwn) return ownTrouble(symptom);
  const explaining = explains(look.findings, symptom);
  const [first] = explaining;
  const own = look.findings.find(
    ({ isAboutSubject, side, checkId, severity }) =>
      isAboutSubject && (side === "yours" || side === "either") && !isMereAdvice(checkId, severity),
  );
  // What names the very container comes before a warning that the whole node has.
  const isOwnNearer = own !== undefined && symptom.isWell && !first?.isAboutSubject && first?.severity !== "critical";
  if (first && !isOwnNearer) return nodesTrouble(symptom, first, explaining, causeOf);
  const [said] = look.said;
  if (said && !symptom.isWell) return asSaid(symptom, said, look.said);
  const hindering = look.findings.find(({ checkId }) => hindersHandling(checkId));
  if (hindering && symptom.isWell) return notHandled(hindering, causeOf(hindering.checkId));
  if (own && symptom.isWell) return aboutIt(own, causeOf(own.checkId));
  if (symptom.isWell && !look.node.isReporting)
    return {
      side: "unsure",
      isWell: false,
      text: t(
        "We cannot see the node at the moment, so nothing certain can be said.",
        "目前看不到该节点，无法给出确切判断。",
      ),
      because: [...symptom.because],
      causes: [],
      restsOn: [],
    };
  return {
    side: symptom.side,
    isWell: symptom.isWell,
    text: symptom.text,
    because: [...symptom.because],
    causes: symptom.cause ? [{ id: symptom.cause, confidence: CONFIDENCE.likely }] : [],
    restsOn: [],
  };
}

const ownTrouble = ({ side, text, because, cause }: Symptom): Decision => ({
  side,
  isWell: false,
  text,
  because: [...because],
  causes: cause ? [{ id: cause, confidence: CONFIDENCE.own }] : [],
  restsOn: [],
});

/** Troubles of the node by which this symptom can be explained, those about the very container first, then the worst. */
function explains(findings: readonly SeenFinding[], symptom: Symptom): SeenFinding[] {
  const isExplaining = ({ side, severity, area, isAboutSubject }: SeenFinding) => {
    if (side !== "ours" || severity === "info") return false;
    if (isAboutSubject) return true;
    return area !== null && symptom.areas.includes(area);
  };
  return findings
    .filter(isExplaining)
    .sort((a, b) => Number(b.isAboutSubject) - Number(a.isAboutSubject) || rank[a.severity] - rank[b.severity]);
}

const confidenceOf = ({ isAboutSubject, severity }: SeenFinding): number => {
  if (isAboutSubject) return CONFIDENCE.aboutSubject;
  return severity === "critical" ? CONFIDENCE.critical : CONFIDENCE.warning;
};

function nodesTrouble(
  symptom: Symptom,
  first: SeenFinding,
  explaining: readonly SeenFinding[],
  causeOf: (checkId: string) => string | null,
): Decision {
  const { title } = first;
  // An application's own exit beside a mere warning of the node: it may be either.
  const isLikelyOurs = first.isAboutSubject || first.severity === "critical" || symptom.side !== "yours";
  const text = isLikelyOurs
    ? t(`It is our node: ${lowerFirst(title.en)}.`, `是节点的问题：${title.zh}。`)
    : t(
        `It may be the container or our node: the node has a trouble that can bring this about (${lowerFirst(title.en)}).`,
        `可能是容器，也可能是节点：节点上存在可能导致此现象的问题（${title.zh}）。`,
      );
  const causes = new Map<string, number>();
  for (const finding of explaining) {
    const id = causeOf(finding.checkId);
    if (id && !causes.has(id)) causes.set(id, confidenceOf(finding));
  }
  if (!isLikelyOurs && symptom.cause && !causes.has(symptom.cause)) causes.set(symptom.cause, 0.5);
  return {
    side: isLikelyOurs ? "ours" : "either",
    isWell: false,
    text,
    because: [
      ...(symptom.isWell ? [] : [symptom.text]),
      ...symptom.because,
      ...explaining
        .slice(0, 4)
        .map((one) => t(`On the node: ${lowerFirst(one.title.en)}.`, `节点上：${one.title.zh}。`)),
    ],
    causes: [...causes].map(([id, confidence]) => ({ id, confidence })).sort((a, b) => b.confidence - a.confidence),
    restsOn: explaining.map(({ id }) => id),
  };
}

const SIDE_WORDS: Record<VerdictSide, Text> = {
  yours: t("It is the container", "是容器自身的问题"),
  ours: t("It is our node", "是节点的问题"),
  either: t("It may be the container or our node", "可能是容器，也可能是节点"),
  unsure: t("We are not sure", "无法确定"),
};

function asSaid(symptom: Symptom, first: SaidCause, said: readonly SaidCause[]): Decision {
  const side = SIDE_WORDS[first.side];
  return {
    side: first.side,
    isWell: false,
    text: t(`${side.en}: ${lowerFirst(first.title.en)}.`, `${side.zh}：${first.title.zh}。`),
    because: [symptom.text, ...symptom.because, t("The container runtime says so.", "容器运行时的输出表明了这一点。")],
    causes: said.map(({ id, confidence }) => ({ id, confidence })),
    restsOn: [],
  };
}

/** It runs on, and yet its owner sees trouble: nothing that is asked of the runtime about it is answered. */
const notHandled = ({ id, title }: SeenFinding, cause: string | null): Decision => ({
  side: "ours",
  isWell: false,
  text: t(
    `It is our node: ${lowerFirst(title.en)}. The container itself runs, but it cannot be started, stopped, entered or looked into at the moment.`,
    `是节点的问题：${title.zh}。容器本身仍在运行，但目前无法启动、停止、进入或查看它。`,
  ),
  because: [],
  causes: cause ? [{ id: cause, confidence: CONFIDENCE.critical }] : [],
  restsOn: [id],
});

/** A finding that names the very container, and is its owner's to end, or either's. */
const aboutIt = ({ id, title, side }: SeenFinding, cause: string | null): Decision => ({
  side,
  isWell: false,
  text: t(`${SIDE_WORDS[side].en}: ${lowerFirst(title.en)}.`, `${SIDE_WORDS[side].zh}：${title.zh}。`),
  because: [],
  causes: cause ? [{ id: cause, confidence: CONFIDENCE.aboutSubject }] : [],
  restsOn: [id],
});

function ofNode({ node, findings }: Look, causeOf: (checkId: string) => string | null): Decision {
  const ours = findings
    .filter(({ side, severity }) => side === "ours" && severity !== "info")
    .sort((a, b) => rank[a.severity] - rank[b.severity]);
  const [first] = ours;
  if (!first)
    return {
      side: "unsure",
      isWell: node.isReporting,
      text: node.isReporting
        ? t("Nothing is wrong with this node that we can see.", "没有发现该节点存在问题。")
        : t("The node does not report at the moment; it may be well.", "该节点目前未上报，节点本身可能正常。"),
      because: [],
      causes: [],
      restsOn: [],
    };
  const causes = new Map<string, number>();
  for (const finding of ours) {
    const id = causeOf(finding.checkId);
    if (id && !causes.has(id)) causes.set(id, confidenceOf(finding));
  }
  return {
    side: "ours",
    isWell: false,
    text: t(`It is our node: ${lowerFirst(first.title.en)}.`, `是节点的问题：${first.title.zh}。`),
    because: ours.slice(1, 5).map(({ title }) => t(`Also: ${lowerFirst(title.en)}.`, `另有：${title.zh}。`)),
    causes: [...causes].map(([id, confidence]) => ({ id, confidence })),
    restsOn: ours.map(({ id }) => id),
  };
}

// The kinds of changes as the wizard gets them: words and form fields as plain data, made by the server, so that no catalogue loads in the browser.
"use client";
import { createContext, useContext } from "react";
import type { Text } from "../../../../../protocol/text.ts";
import type { ParamField } from "./param-fields.ts";

export type KindForm = { kind: string; title: Text; about: Text; fields: ParamField[] };

export const KindsContext = createContext<readonly KindForm[]>([]);
export const useKinds = (): readonly KindForm[] => useContext(KindsContext);

/** Fields of a kind; none for one that this console does not know. */
export const fieldsOfKind = (kinds: readonly KindForm[], kind: string): ParamField[] =>
  kinds.find((one) => one.kind === kind)?.fields ?? [];

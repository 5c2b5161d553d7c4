// Fact "certificates": until when the certificates of this node are valid. Reads certificates only, never keys: of a PEM file the first certificate.
import { X509Certificate } from "node:crypto";
import { readdirSync } from "node:fs";
import type { FactData } from "../../protocol/facts.ts";
import { codeOf, messageOf } from "../host/errors.ts";
import { readPlain } from "../host/file.ts";
import { defineCollector } from "./define.ts";

type Certificate = FactData["certificates"][number];

/** The kubelet's own, and those of a control plane where kubeadm keeps them. */
const FILES = [
  "/var/lib/kubelet/pki/kubelet-client-current.pem",
  "/var/lib/kubelet/pki/kubelet-server-current.pem",
  "/var/lib/kubelet/pki/kubelet.crt",
];
const FOLDERS = ["/etc/kubernetes/pki", "/etc/kubernetes/pki/etcd"];
const FILE_BYTES_MAX = 262_144;
const LIST_MAX = 100;
const BEGIN = "-----BEGIN CERTIFICATE-----";
const END = "-----END CERTIFICATE-----";

/** The first certificate of a PEM text. @throws when there is none, or it cannot be read */
export function parseCertificate(text: string): Pick<Certificate, "subject" | "notBefore" | "notAfter"> {
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END, from);
  if (from < 0 || to < 0) throw new Error("holds no certificate");
  const certificate = new X509Certificate(text.slice(from, to + END.length));
  return {
    subject: certificate.subject.replaceAll("\n", ", ").slice(0, 200),
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
  };
}

function files(wanted: readonly string[]): { path: string; named: boolean }[] {
  const listed = FOLDERS.flatMap((folder) => {
    try {
      return readdirSync(folder)
        .filter((name) => name.endsWith(".crt"))
        .map((name) => `${folder}/${name}`);
    } catch {
      return []; // no control plane here
    }
  });
  const usual = [...FILES, ...listed].filter((path) => !wanted.includes(path));
  return [...wanted.map((path) => ({ path, named: true })), ...usual.map((path) => ({ path, named: false }))];
}

export const certificates = defineCollector({
  kind: "certificates",
  everyMs: 300_000,
  timeoutMs: 10_000,
  read: ({ config }) =>
    files(config.certificates)
      .slice(0, LIST_MAX)
      .flatMap(({ path, named }): Certificate[] => {
        try {
          // The kubelet's "current" files are links that it turns.
          const text = readPlain(path, { maxBytes: FILE_BYTES_MAX, follow: true }).toString("latin1");
          return [{ path, ...parseCertificate(text), error: null }];
        } catch (err) {
          if (!named && codeOf(err) === "ENOENT") return [];
          return [{ path, subject: "", notBefore: 0, notAfter: 0, error: messageOf(err) }];
        }
      }),
});

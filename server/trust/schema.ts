// The fleet's keys as the console sees them. Client-safe.

/** Nodes that reported within this, ms, must have followed before an old key is dropped; older ones have no valid certificate any more. */
export const FOLLOW_WITHIN_MS = 30 * 24 * 3_600_000;

export type TrustStatus = {
  /** Serial of the present trust document. */
  serial: number;
  issuedAt: Date;
  signingKeys: { id: string; fingerprint: string; isSigner: boolean }[];
  authorities: {
    fingerprint: string;
    validFrom: Date;
    validTo: Date;
    /** Nodes get certificates of this one; gateways present one of the last. */
    isIssuing: boolean;
    isServing: boolean;
  }[];
  isRotating: { signing: boolean; ca: boolean };
  nodes: {
    /** Nodes that reported within FOLLOW_WITHIN_MS. */
    total: number;
    /** Of these, those that hold the present document, and those that also have a certificate of the issuing CA. */
    withDocument: number;
    withCertificate: number;
    /** Names of some that do not. */
    behind: string[];
  };
};

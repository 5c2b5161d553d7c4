// Addresses of the console: where this machine reaches it, and what people are told to open.
import { hostname } from "node:os";

const isEverywhere = (listen: string) => listen === "0.0.0.0" || listen === "::";
const inUrl = (host: string) => (host.includes(":") ? `[${host}]` : host);

/** Address of the local console itself, whatever proxy stands in front of its public one. */
export const localAddress = (port: number, listen: string): string =>
  `http://${isEverywhere(listen) ? "127.0.0.1" : inUrl(listen)}:${port}`;

/** Address people open when none was given. On loopback it is the name: passkeys belong to a domain name, never to a number. */
export function publicAddress(port: number, listen: string): string {
  if (isEverywhere(listen)) return `http://${hostname()}:${port}`;
  return `http://${["127.0.0.1", "::1"].includes(listen) ? "localhost" : inUrl(listen)}:${port}`;
}

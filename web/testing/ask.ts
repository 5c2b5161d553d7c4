// One request exactly as written: fetch would add, fold or forbid headers. And raw bytes for what no client library would send.
import { request } from "node:http";
import { connect } from "node:net";

export type Answer = { status: number; headers: Record<string, string | string[] | undefined>; text: string };
export type Question = {
  method?: string;
  path?: string;
  headers?: Record<string, string | string[] | undefined>;
  body?: string | Buffer | undefined;
};

export function ask(port: number, { method = "GET", path = "/", headers = {}, body }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request({ host: "127.0.0.1", port, method, path, headers, agent: false });
    req.once("error", reject);
    req.once("response", (res) => {
      let text = "";
      res.setEncoding("utf8");
      res.on("data", (chunk: string) => {
        text += chunk;
      });
      res.once("end", () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text }));
      res.once("error", reject);
    });
    req.end(body);
  });
}

/** Sends bytes and waits until the server closes. @returns what it said */
export function say(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes, "latin1"));
    let text = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      text += chunk;
    });
    socket.once("close", () => resolve(text));
    socket.once("error", (err: NodeJS.ErrnoException) => (err.code === "ECONNRESET" ? resolve(text) : reject(err)));
  });
}

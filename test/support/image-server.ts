/** A web server of images in this process, which says what was asked for and can stop in the middle of an answer. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ImageServer {
  /** The URL of a path. */
  url(path: string): string;
  /** Every path that was asked for, in order. */
  readonly requests: string[];
  /** What a path has from now on; null takes it away. */
  serve(path: string, bytes: Uint8Array | null): void;
  /**
   * Sends half of a path's bytes, then waits: `started` is there once the half is under way, `release` sends the rest,
   * `cut` ends the connection.
   */
  stall(path: string, bytes: Uint8Array): Stalled;
  close(): Promise<void>;
}

export interface Stalled {
  readonly started: Promise<void>;
  release(): void;
  cut(): void;
}

type Answer = (response: ServerResponse) => void;

export async function imageServer(files: Readonly<Record<string, Uint8Array>> = {}): Promise<ImageServer> {
  const answers = new Map<string, Answer>(Object.entries(files).map(([path, bytes]) => [path, whole(bytes)]));
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURI(request.url ?? '').slice(1);
    requests.push(path);
    const answer = answers.get(path);
    if (answer === undefined) response.writeHead(404).end('nothing here');
    else answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A test that fails before it closes the server must not keep its process alive.
  server.unref();
  const { port } = server.address() as AddressInfo;
  return {
    url: (path) => `http://127.0.0.1:${port}/${path}`,
    requests,
    serve: (path, bytes) => {
      if (bytes === null) answers.delete(path);
      else answers.set(path, whole(bytes));
    },
    stall: (path, bytes) => {
      const { answer, stalled } = stalling(bytes);
      answers.set(path, answer);
      return stalled;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function whole(bytes: Uint8Array): Answer {
  return (response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.end(bytes);
  };
}

function stalling(bytes: Uint8Array): { answer: Answer; stalled: Stalled } {
  let begin: (response: ServerResponse) => void = () => {};
  const begun = new Promise<ServerResponse>((resolve) => (begin = resolve));
  const half = Math.ceil(bytes.length / 2);
  const answer: Answer = (response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, half), () => begin(response));
  };
  const stalled: Stalled = {
    started: begun.then(() => undefined),
    release: () => void begun.then((response) => response.end(bytes.subarray(half))),
    cut: () => void begun.then((response) => response.destroy()),
  };
  return { answer, stalled };
}

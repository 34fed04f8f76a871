/** Gets a URL into an open file, as Go's HTTP client does, and returns the SHA-256 of what came. */
import { createHash } from 'node:crypto';
import { fsyncSync, writeSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { Failure, systemWords } from './failure.mjs';
import { failAt, whatFails } from './failures.mjs';

const REPORT_EVERY = 1 << 20;
const MOST_REDIRECTS = 10;

export async function download({ env, signal }, url, descriptor, progress) {
  const { response, body, total } = await get(url, signal);
  if (response.statusCode !== 200) {
    response.destroy();
    const status = `${response.statusCode} ${response.statusMessage}`;
    throw new Failure(`http get ${url}: status ${response.statusCode} ${status}`);
  }
  progress.started(total);
  const hash = createHash('sha256');
  let [written, reported] = [0, 0];
  try {
    for await (const chunk of body) {
      if (whatFails('download', env) === 'wrong') chunk[chunk.length - 1] ^= 1;
      if (total > 0 && written + chunk.length >= total / 2) await failAt('download', env);
      hash.update(chunk);
      writeSync(descriptor, chunk);
      written += chunk.length;
      if (written - reported < REPORT_EVERY) continue;
      reported = written;
      progress.bytes(written, total);
    }
  } catch (error) {
    throw new Failure(`download ${url}: ${signal.aborted ? signal.reason : bodyWords(error)}`);
  }
  fsyncSync(descriptor);
  return hash.digest('hex');
}

function bodyWords(error) {
  return error.code === 'ECONNRESET' || error.code === 'Z_BUF_ERROR' ? 'unexpected EOF' : systemWords(error);
}

async function get(url, signal) {
  let next = parseUrl(url);
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const response = await request(url, next, signal);
    const { location } = response.headers;
    if (![301, 302, 303, 307, 308].includes(response.statusCode) || location === undefined) return decoded(response);
    response.resume();
    next = new URL(location, next);
  }
  throw new Failure(`http get ${url}: Get ${JSON.stringify(next.href)}: stopped after ${MOST_REDIRECTS} redirects`);
}

/** Go asks for gzip by itself, and unpacks what comes so; how much that is it does not know. */
function decoded(response) {
  if (response.headers['content-encoding'] !== 'gzip') {
    return { response, body: response, total: Number(response.headers['content-length'] ?? -1) };
  }
  const body = createGunzip();
  response.on('error', (error) => body.destroy(error));
  return { response, body: response.pipe(body), total: -1 };
}

function parseUrl(url) {
  const [, host = ''] = /^https?:\/\/([^/?#]*)/.exec(url) ?? [];
  if (host.includes(' ')) {
    throw new Failure(`create HTTP request: parse ${JSON.stringify(url)}: invalid character " " in host name`);
  }
  if (host === '') throw new Failure(`http get ${url}: Get ${JSON.stringify(url)}: http: no Host in request URL`);
  return new URL(url);
}

async function request(asked, url, signal) {
  const { get: open } = await import(url.protocol === 'https:' ? 'node:https' : 'node:http');
  const headers = { 'user-agent': 'Go-http-client/1.1', 'accept-encoding': 'gzip' };
  return await new Promise((resolve, reject) => {
    const sent = open(url, { headers, signal, agent: false }, resolve);
    sent.on('error', (error) => {
      const reason = signal.aborted ? signal.reason : dialWords(url, error);
      reject(new Failure(`http get ${asked}: Get ${JSON.stringify(asked)}: ${reason}`));
    });
  });
}

function dialWords(url, error) {
  if (error.syscall === 'connect') {
    return `dial tcp ${error.address}:${error.port}: connect: ${systemWords(error)}`;
  }
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return `dial tcp: lookup ${url.hostname}: no such host`;
  return error.code === 'ECONNRESET' ? 'EOF' : systemWords(error);
}

/**
 * A stand-in for Cloud Hypervisor, for a real cocoon (`COCOON_CH_BINARY`): answers on its socket, opens the disks that it is
 * told to restore, and runs nothing. Ends when it is told to, or when its socket is gone.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { openDisks, restoreRefusal } from './hypervisor.mjs';

const LOOK_EVERY_MS = 200;

export function run(args) {
  const socket = args[args.indexOf('--api-socket') + 1];
  const reasons = openDisks(disksOf(args));
  if (reasons !== null) {
    process.stderr.write(`${reasons.join(': ')}\n`);
    process.exitCode = 1;
    return;
  }
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      answer(request.url, body, response);
      // A guest that heeds its power button at once.
      if (request.url.endsWith('/vm.power-button')) response.on('finish', () => process.exit(0));
    });
  });
  server.listen(socket, () => {
    setInterval(() => existsSync(socket) || process.exit(0), LOOK_EVERY_MS);
  });
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
}

function answer(url, body, response) {
  const reasons = url.endsWith('/vm.restore') ? restore(JSON.parse(body)) : null;
  if (reasons === null) {
    response.writeHead(204).end();
    return;
  }
  response.writeHead(500).end(restoreRefusal(reasons));
}

function restore({ source_url: source }) {
  const directory = source.slice('file://'.length);
  return openDisks(JSON.parse(readFileSync(`${directory}/config.json`, 'utf8')).disks);
}

/** `--disk path=…,readonly=on,image_type=qcow2,backing_files=on path=…` */
function disksOf(args) {
  const first = args.indexOf('--disk') + 1;
  if (first === 0) return [];
  const behind = args.findIndex((arg, at) => at >= first && arg.startsWith('--'));
  return args.slice(first, behind === -1 ? args.length : behind).map((text) => {
    const fields = Object.fromEntries(text.split(',').map((field) => field.split('=')));
    const type = fields.image_type === 'qcow2' ? 'Qcow2' : 'Raw';
    return { path: fields.path, image_type: type, backing_files: fields.backing_files === 'on' };
  });
}

/** Plays commands on a root of their own and writes down all that can be seen of them, the same on every machine. */
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CocoonNode, type CocoonOptions, cocoonNode } from '../support/cocoon.js';
import { type ImageServer, imageServer } from '../support/image-server.js';

export interface Player {
  readonly node: CocoonNode;
  readonly server: ImageServer;
  /** Runs a command and writes down its output and status. */
  run(args: readonly string[], options?: CocoonOptions): Promise<void>;
  /** Writes down what lies in the root and beside, and its indexes. */
  look(): void;
}

export type Scenario = (player: Player) => Promise<void>;

const indexes = ['cloudimg/db/images.json', 'snapshot/db/snapshots.json', 'cloudhypervisor/db/vms.json'];

export async function play(program: string, scenario: Scenario): Promise<string> {
  const node = cocoonNode(program);
  const server = await imageServer();
  const parts: string[] = [];
  const plain = normaliser(node.directory, server.url(''));
  const run = async (args: readonly string[], options?: CocoonOptions): Promise<void> => {
    const { status, signal, stdout, stderr } = await node.run(args, options);
    const out = args.includes('list') ? inOrder(plain(stdout)) : plain(stdout);
    const said = [...marked('out', out), ...marked('err', plain(stderr))].join('');
    parts.push(`$ cocoon ${plain(args.join(' '))}\n${said}= ${signal ?? status}\n`);
  };
  const look = (): void => {
    const listed = listing(node.directory, '').map(plain).sort();
    const documents = indexes.flatMap((name) => documentAt(node.root, name, plain));
    parts.push(`files:\n${listed.join('')}${documents.join('')}`);
  };
  try {
    await scenario({ node, server, run, look });
  } finally {
    await server.close();
  }
  return parts.join('\n');
}

function marked(label: string, text: string): string[] {
  if (text === '') return [];
  const end = text.endsWith('\n') ? '' : '\\';
  return `${text.replace(/\n$/, '')}${end}`.split('\n').map((line) => `${label}| ${line}\n`);
}

/** Go lists a map in any order. */
function inOrder(text: string): string {
  if (text === '') return '';
  if (text.startsWith('[')) {
    const rows = JSON.parse(text) as { name: string }[];
    rows.sort((a, b) => a.name.localeCompare(b.name));
    return `${JSON.stringify(rows, null, 2)}\n`;
  }
  const [head = '', ...rows] = text.trimEnd().split('\n');
  return `${[head, ...rows.sort()].join('\n')}\n`;
}

/** Identifiers are numbered as they appear; times, ports and random names become words. */
function normaliser(directory: string, server: string): (text: string) => string {
  const ids = new Map<string, string>();
  const idOf = (id: string): string => {
    if (!ids.has(id)) ids.set(id, `<id-${ids.size + 1}>`);
    return ids.get(id) ?? '';
  };
  return (text) =>
    text
      .replaceAll(directory, '<dir>')
      .replaceAll(server, 'http://images/')
      .replace(/\b[A-Z2-7]{26}\b/g, idOf)
      .replace(/\d{2} [A-Z][a-z]{2} \d{2} \d{2}:\d{2} \S+ (?=[A-Z]{3} )/g, '<time> ')
      .replace(/\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})/g, '<time>')
      .replace(/\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}/g, '<time>')
      .replace(/(pull|import)-\d+\.img/g, '$1-<random>.img')
      .replace(/"pid": \d{2,}/g, '"pid": <pid>')
      .replace(/host cores \(\d+\)/g, 'host cores (<cores>)')
      .replace(/[\d.]+[kMG]?B(?= +<time>)/g, '<size>')
      .replace(/"size":\d+/g, '"size":<size>')
      .replace(/\r {2}[^\r]+%\)/g, '')
      .replace(/ {3,}/g, '   ');
}

/** Every path below with its mode, and its links where it has more than one; sizes only as something or nothing. */
function listing(directory: string, path: string): string[] {
  return readdirSync(join(directory, path), { withFileTypes: true }).flatMap((entry) => {
    const below = join(path, entry.name);
    const stats = lstatSync(join(directory, below));
    const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
    if (entry.isDirectory()) return [`${mode} ${below}/\n`, ...listing(directory, below)];
    if (entry.isSocket()) return [];
    const links = stats.nlink > 1 ? ` (${stats.nlink} links)` : '';
    return [`${mode} ${below}${stats.size === 0 ? ' (empty)' : ''}${links}\n`];
  });
}

/** Records in the order of their numbers, because that of random ids is another in every run. */
function documentAt(root: string, name: string, plain: (text: string) => string): string[] {
  const path = join(root, name);
  if (!existsSync(path)) return [];
  const text = plain(readFileSync(path, 'utf8'));
  if (!text.endsWith('}\n')) return [`${name}: ${text}`];
  const document = JSON.parse(text.replace(/:<(size|pid)>/g, ':"<$1>"')) as Record<string, object>;
  const tables = Object.entries(document).map(([table, rows]) => [
    table,
    Object.fromEntries(Object.entries(rows).sort()),
  ]);
  return [`${name}: ${JSON.stringify(Object.fromEntries(tables), null, 2)}\n`];
}

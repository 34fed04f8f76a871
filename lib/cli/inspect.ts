import { BlobcheckError, bytesText, escapeText, type Inspected, inspectFile, type Paint } from '../index.js';
import { exitCodes } from './exit.js';
import type { GlobalOptions } from './global-options.js';
import type { Terminal } from './terminal.js';

/** `blobcheck inspect FILE`: what stands in a qcow2 image and below it; judges nothing. */
export async function inspectCommand(file: string, options: GlobalOptions, terminal: Terminal): Promise<number> {
  let inspected: Inspected;
  try {
    inspected = await inspectFile(file, { signal: terminal.signal });
  } catch (error) {
    if (!(error instanceof BlobcheckError) || error.code === 'aborted' || !options.json) throw error;
    const nothing = { resolved: null, size: null, format: null, header: null, tables: null, chain: null };
    terminal.out(
      `${JSON.stringify({ schema: 'blobcheck/inspect/v1', path: file, error: error.message, ...nothing })}\n`,
    );
    return exitCodes.unverified;
  }
  if (options.json) terminal.out(`${JSON.stringify({ schema: 'blobcheck/inspect/v1', error: null, ...inspected })}\n`);
  else terminal.out(inspectText(inspected, terminal.paint));
  return exitCodes.allow;
}

function inspectText(inspected: Inspected, paint: Paint): string {
  const lines: string[] = [];
  const row = (label: string, value: string) => lines.push(`${paint('dim', label.padEnd(16))}  ${escapeText(value)}`);
  row('file', inspected.resolved);
  row('size', sizeText(inspected.size));
  row('format', inspected.format);
  headerRows(inspected, row);
  tableRows(inspected, row);
  inspected.chain.links.slice(1).forEach((link, index) => {
    row(`backing ${index + 1}`, `${link.path} (${link.format}, ${sizeText(link.size)})`);
  });
  row('chain ends', `${inspected.chain.end.reason}: ${inspected.chain.end.detail}`);
  return `${lines.join('\n')}\n`;
}

type Row = (label: string, value: string) => void;

function headerRows({ header }: Inspected, row: Row): void {
  if (header === null) return;
  row('version', `${header.version}${header.compat === null ? '' : ` (compat ${header.compat})`}`);
  row('virtual size', typeof header.virtualSize === 'number' ? sizeText(header.virtualSize) : header.virtualSize);
  row('cluster size', header.clusterSize === null ? `2^${header.clusterBits}` : String(header.clusterSize));
  const features = [...header.features.incompatible, ...header.features.compatible, ...header.features.autoclear];
  row('features', features.length === 0 ? 'none' : features.join(', '));
  row('refcount bits', String(header.refcountBits));
  row('compression', header.compressionType);
  if (header.encryption !== null) row('encryption', header.encryption);
  if (header.dataFile !== null) row('data file', header.dataFile);
  if (header.backing !== null) {
    row('backing name', header.backing.name ?? `unreadable (${header.backing.size} bytes at ${header.backing.offset})`);
    row('backing format', header.backing.format ?? 'not said');
  }
  if (header.snapshots.count > 0) row('snapshots', snapshotsText(header.snapshots));
  for (const extension of header.extensions) {
    row('extension', `${extension.type} ${extension.name}, ${extension.length} bytes at ${extension.offset}`);
  }
  if (header.extensionsProblem !== null) row('extensions', header.extensionsProblem);
}

function snapshotsText(snapshots: NonNullable<Inspected['header']>['snapshots']): string {
  return `${snapshots.count}: ${snapshots.problem ?? snapshots.list.map(({ name }) => name).join(', ')}`;
}

function tableRows({ tables }: Inspected, row: Row): void {
  if (tables === null) return;
  if (tables.notWalked !== null) {
    row('tables', `not walked: ${tables.notWalked}`);
    return;
  }
  const { l2Tables, dataClusters, zeroClusters, compressedClusters } = tables;
  row(
    'tables',
    `${l2Tables} L2, ${dataClusters} data, ${zeroClusters} zero, ${compressedClusters} compressed clusters`,
  );
  if (tables.tooLarge !== null) row('limit', tables.tooLarge);
  if (tables.unreferencedBytes > 0)
    row('unreferenced', `${tables.unreferencedBytes} bytes after ${tables.lastUsedByte}`);
  for (const problem of tables.problems) row('problem', problem.message);
  const hidden = tables.problemCount - tables.problems.length;
  if (hidden > 0) row('problem', `${hidden} more`);
}

function sizeText(bytes: number): string {
  return `${bytesText(bytes)} (${bytes} bytes)`;
}

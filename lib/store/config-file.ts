import { realpathSync } from 'node:fs';
import { extname } from 'node:path';
import { BlobcheckError, systemErrorText } from '../errors.js';
import { readWhole } from '../file/read-whole.js';

/** cocoon's configuration is a screenful; whatever is larger is not one. */
const CONFIG_LIMIT = 1024 * 1024;

/** The top-level keys of a configuration file in lower case, as viper compares them. */
export type ConfigValues = ReadonlyMap<string, unknown>;

/**
 * Reads the file that cocoon's `--config` names, in the format that its ending says.
 * Throws `metadata-unreadable` with the reason: a root that we guess is a root that nobody checks.
 */
export async function readConfigFile(path: string): Promise<ConfigValues> {
  const parse = parserOf(path);
  const text = readText(path);
  let document: unknown;
  try {
    document = await parse(text);
  } catch (cause) {
    throw unreadable(path, cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause), cause);
  }
  if (document === null || document === undefined) return new Map();
  if (typeof document !== 'object' || Array.isArray(document)) throw unreadable(path, 'it is not a table of keys');
  return foldKeys(path, document);
}

type Parser = (text: string) => unknown;

/** viper compares the ending as it stands: `.JSON` is no format to it. */
function parserOf(path: string): Parser {
  const ending = extname(path).slice(1);
  switch (ending) {
    case 'json':
      return parseJson;
    case 'yaml':
    case 'yml':
      return async (text) => (await import('yaml')).parse(text, { merge: true }) as unknown;
    case 'toml':
      return async (text) => (await import('smol-toml')).parse(text);
    default:
      throw new BlobcheckError('metadata-unreadable', `cannot read a configuration file ${formatText(ending)}`, {
        path,
        hint: 'Give the same settings as .json, .yaml or .toml, or name the root with --root-dir.',
      });
  }
}

/** V8's own words quote the text, and whoever has us read it as root, by sudo, may not be allowed to. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const position = error instanceof Error ? / at position \d+/.exec(error.message)?.[0] : undefined;
    throw new SyntaxError(`it is no JSON${position ?? ''}`);
  }
}

const formatText = (ending: string): string => (ending === '' ? 'without an ending' : `of the format "${ending}"`);

function readText(path: string): string {
  let target: string;
  try {
    target = realpathSync.native(path);
  } catch (cause) {
    throw unreadable(path, systemErrorText(cause), cause);
  }
  const read = readWhole(target, CONFIG_LIMIT);
  if (read.kind === 'ok') return read.bytes.toString('utf8');
  if (read.kind === 'unreadable') throw unreadable(path, systemErrorText(read.error), read.error);
  if (read.kind === 'too-large') throw unreadable(path, `it has ${read.bytes} bytes, more than ${read.limit}`);
  throw unreadable(path, read.kind === 'missing' ? 'there is no such file' : `a ${read.what} stands there`);
}

function foldKeys(path: string, document: object): ConfigValues {
  const values = new Map<string, unknown>();
  for (const [key, value] of Object.entries(document)) {
    const folded = key.toLowerCase();
    // viper keeps either of the two, by the order of a Go map.
    if (values.has(folded)) throw unreadable(path, `the key "${folded}" stands there twice`);
    values.set(folded, value);
  }
  return values;
}

function unreadable(path: string, reason: string, cause?: unknown): BlobcheckError {
  return new BlobcheckError('metadata-unreadable', `cannot read the configuration file: ${reason}`, { path, cause });
}

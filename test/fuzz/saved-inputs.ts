import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Inputs that once failed; they are committed. */
const SAVED = fileURLToPath(new URL('saved', import.meta.url));

interface SavedInput {
  readonly file: string;
  readonly input: unknown;
}

/** Saves an input of which a property does not hold; returns its file. */
export function saveInput(property: string, input: unknown, directory = SAVED): string {
  const text = encodeInput(input);
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  const file = join(directory, folderOf(property), `${digest}.json`);
  mkdirSync(join(directory, folderOf(property)), { recursive: true });
  writeFileSync(file, `${text}\n`);
  return file;
}

export function savedInputs(property: string, directory = SAVED): readonly SavedInput[] {
  const folder = join(directory, folderOf(property));
  return namesIn(folder).map((name) => ({ file: name, input: decodeInput(readFileSync(join(folder, name), 'utf8')) }));
}

/** The folders of saved inputs: each belongs to a property, or is tried by nobody. */
export const savedFolders = (directory = SAVED): readonly string[] => namesIn(directory);

/** A property's name as that of a folder. */
export const folderOf = (property: string): string =>
  basename(property.replaceAll(/[^A-Za-z0-9]+/g, '-').toLowerCase());

/** JSON, with bytes as `{"$bytes": base64}` and big integers as `{"$bigint": text}`. */
export function encodeInput(input: unknown): string {
  const encode = (value: unknown): unknown => {
    if (typeof value === 'bigint') return { $bigint: value.toString() };
    if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
    if (Array.isArray(value)) return value.map(encode);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, encode(part)]));
  };
  return JSON.stringify(encode(input), null, 1);
}

export function decodeInput(text: string): unknown {
  return JSON.parse(text, (_, value) => {
    if (typeof value?.$bigint === 'string') return BigInt(value.$bigint);
    if (typeof value?.$bytes === 'string') return Buffer.from(value.$bytes, 'base64');
    return value;
  });
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Keys and values that stand where no writer would have put them. */
import fc from 'fast-check';
import { type Json, jsonOf } from './json-document.js';

const words = [
  ...['', 'x', 'cow', 'layer', 'data', 'cidata', 'Qcow2', 'Raw', 'overlay.qcow2', 'cow.raw', 'Off', 'File'],
  ...['__proto__', 'sha256:', 'deleting', 'leased', 'a'.repeat(70_000)],
];
const places = [
  ...['/etc/shadow', '/dev/urandom', '../x', '../../x', '/var/lib/cocoon/firmware/CLOUDHV.fd'],
  ...['\0', 'a\0b', '\ud800', '\ufeff'],
];
const numbers = [
  ...['0', '-0', '-1', '1', '1.0', '1.5', '1e3', '1e999', '1E400', '536870912'],
  ...['9007199254740991', '9007199254740993', '18446744073709551616'],
];
const others = ['null', 'true', 'false', 'NaN', '01', '+1', 'undefined', '//', '{}]', '"\t"', "'x'"];

const keys = [
  ...['path', 'Path', 'PATH', 'ro', 'Ro', 'serial', '\u017ferial', 'role', 'kernel', '\u212aernel', 'payload', 'disks'],
  ...['di\u017fks', 'storage_configs', 'STORAGE_CONFIGS', 'boot_config', 'rng', 'src', 'mode', 'file', 'pmem', 'state'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', '\ud800', 'snapshots', 'disk_nsectors'],
  ...['pending', 'Pending', '\u017fize', 'id', 'phase'],
];

const wholes: readonly Json[] = [
  ...[[], {}, [null], { '': {} }].map(jsonOf),
  { object: [['__proto__', jsonOf({ id: 'x' })]] },
];

export const jsonKey = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...keys) }, fc.string({ maxLength: 4 }));

/** Values of every type, and nonsense; `strings` are what stands in for a string most often. */
export function jsonValue(strings: readonly string[] = [...words, ...places]): fc.Arbitrary<Json> {
  const leaf = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...strings).map((string): Json => ({ string })) },
    fc.constantFrom(...numbers, ...others).map((raw): Json => ({ raw })),
    fc.string({ unit: 'binary', maxLength: 5 }).map((string): Json => ({ string })),
  );
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    fc.constantFrom(...wholes),
    fc.array(leaf, { maxLength: 3 }).map((list): Json => ({ list })),
    fc.array(fc.tuple(fc.constantFrom(...keys), leaf), { maxLength: 3 }).map((object): Json => ({ object })),
    fc.jsonValue({ maxDepth: 2 }).map(jsonOf),
  );
}

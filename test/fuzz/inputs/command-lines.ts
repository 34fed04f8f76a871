/** Command lines of cocoons that we know and of ones that we do not. */
import fc from 'fast-check';
import type { CocoonFlags, FlagKind } from '../second-opinions/cocoon-command-line.js';

const values = (...names: string[]) => Object.fromEntries(names.map((name) => [name, 'value' as const]));
const switches = (...names: string[]) => Object.fromEntries(names.map((name) => [name, 'switch' as const]));

const global = values('config', 'root-dir', 'run-dir', 'log-dir', 'cni-conf-dir', 'cni-bin-dir', 'dns', 'log-level');
const sizes = values('cpu', 'memory', 'storage', 'output');
const machine = {
  ...sizes,
  ...values('name', 'nics', 'queue-size', 'disk-queue-size', 'network', 'bridge'),
  ...switches('no-direct-io'),
};
const made = { ...machine, ...values('user', 'password', 'data-disk'), ...switches('fc', 'windows') };

/** cocoon 0.3.8 (cmd/root.go, cmd/vm/commands.go). */
export const cocoon038: CocoonFlags = {
  global,
  local: (command) => {
    if (command === 'clone') return { ...machine, ...switches('on-demand', 'pull') };
    return command === 'restore' ? { ...sizes, ...switches('on-demand') } : made;
  },
};

/** What 0.6 has besides. */
const newer = values(
  'from-dir',
  'restore-mode',
  'cpu-weight',
  'cpu-quota-us',
  'cpu-period-us',
  'cpu-burst-us',
  'cpuset-cpus',
  'data-disk',
);

/** Flags that the guard has never heard of, and what they may be to a cocoon to come. */
export const unknownNames = ['fast', 'debug', 'nmae'] as const;
export type UnknownKinds = Readonly<Record<(typeof unknownNames)[number], UnknownKind>>;
const unknownKinds = ['none', 'global switch', 'global value', 'local switch', 'local value'] as const;
type UnknownKind = (typeof unknownKinds)[number];

export const anyUnknownKinds: fc.Arbitrary<UnknownKinds> = fc.record({
  fast: fc.constantFrom(...unknownKinds),
  debug: fc.constantFrom(...unknownKinds),
  nmae: fc.constantFrom(...unknownKinds),
});

export function laterCocoon(kinds: UnknownKinds): CocoonFlags {
  const of = (place: 'global' | 'local') =>
    Object.fromEntries(
      unknownNames
        .map((name) => [name, kinds[name].split(' ')] as const)
        .filter(([, [where]]) => where === place)
        .map(([name, [, kind]]) => [name, kind as FlagKind]),
    );
  return {
    global: { ...cocoon038.global, ...of('global') },
    local: (command) => ({ ...cocoon038.local(command), ...newer, ...of('local') }),
  };
}

const snapshots = fc.constantFrom(
  'S',
  'app:v1',
  'VM',
  '',
  '-',
  'clone',
  'restore',
  'run',
  'vm',
  'false',
  'a b',
  'x\ny',
  'é',
);
const known = [...Object.keys({ ...global, ...made, ...newer }), 'on-demand', 'pull', 'help'];
const flag = fc.oneof(
  fc.constantFrom(...known).map((name) => [`--${name}`]),
  fc.tuple(fc.constantFrom(...known), snapshots).map(([name, value]) => [`--${name}`, value]),
  fc.tuple(fc.constantFrom(...known), snapshots).map(([name, value]) => [`--${name}=${value}`]),
  fc.constantFrom('--pull', '--pull=true', '--pull=false', '--pull=T', '--pull=0', '--pull=yes').map((word) => [word]),
  fc.constantFrom('-o', '-ojson', '-o=json', '-h', '-ho', '-oh', '-hh=false', '-h=false').map((word) => [word]),
  fc.constantFrom('--help', '--help=false', '--help=0', '--', '-', '').map((word) => [word]),
);
const strange = fc.oneof(
  fc.constantFrom(...unknownNames).map((name) => [`--${name}`]),
  fc.tuple(fc.constantFrom(...unknownNames), snapshots).map(([name, value]) => [`--${name}`, value]),
  fc.constantFrom(...unknownNames).map((name) => [`--${name}=1`]),
  fc
    .constantFrom('-x', '-xy', '-=', '---x', '--=x', '-test.x', '-é', '--ROOT-DIR', '--root_dir=/x')
    .map((word) => [word]),
);

function lines(between: fc.Arbitrary<string[]>): fc.Arbitrary<string[]> {
  const few = (maxLength: number) => fc.array(between, { maxLength }).map((parts) => parts.flat());
  const command = fc.constantFrom('clone', 'clone', 'clone', 'restore', 'run', 'create', 'list', 'S', 'pull', 'import');
  const group = fc.constantFrom('vm', 'vm', 'vm', 'vm', 'image', 'snapshot', 'help', 'clone');
  const whole = fc
    .tuple(few(2), group, few(2), command, few(3), snapshots, few(2), fc.array(snapshots, { maxLength: 2 }))
    .map(([a, word, b, sub, c, ref, d, more]) => [...a, word, ...b, sub, ...c, ref, ...d, ...more]);
  return fc.oneof({ arbitrary: whole, weight: 9 }, few(8));
}

/** Only flags that the guard knows. */
export const knownLines = lines(
  fc.oneof(
    { arbitrary: flag, weight: 4 },
    snapshots.map((word) => [word]),
  ),
);
export const anyLines = lines(
  fc.oneof(
    { arbitrary: flag, weight: 3 },
    { arbitrary: strange, weight: 2 },
    snapshots.map((word) => [word]),
  ),
);

/** What systemd says of a unit, as far as it decides which cocoon the unit runs. */
export interface UnitFacts {
  /** `loaded`, `not-found`, `masked`, `error`, `bad-setting`. */
  readonly loadState: string;
  /** Root where the unit names nobody. */
  readonly user: string;
  /** The running process; null when there is none. */
  readonly mainPid: number | null;
  /** In the order in which they are read: a later one wins, and each wins over Environment=. */
  readonly environmentFiles: readonly { readonly path: string; readonly optional: boolean }[];
  /** Names, or assignments, that are taken away at the very end. */
  readonly unset: readonly string[];
  /** As systemd prints it. */
  readonly execStart: string;
}

/** The properties of which `readUnitFacts` reads the answer. */
export const unitProperties = [
  'LoadState',
  'User',
  'MainPID',
  'EnvironmentFiles',
  'UnsetEnvironment',
  'ExecStart',
] as const;

/** Reads what `systemctl show` prints: `Key=value` lines, those of a list once for each member. */
export function readUnitFacts(output: string): UnitFacts {
  const values = new Map<string, string[]>();
  for (const line of output.split('\n')) {
    const equals = line.indexOf('=');
    if (equals <= 0) continue;
    const key = line.slice(0, equals);
    values.set(key, [...(values.get(key) ?? []), line.slice(equals + 1)]);
  }
  const one = (key: string) => values.get(key)?.[0] ?? '';
  const pid = Number(one('MainPID'));
  return {
    loadState: one('LoadState'),
    user: one('User') || 'root',
    mainPid: Number.isSafeInteger(pid) && pid > 0 ? pid : null,
    // Older versions call the lines EnvironmentFile.
    environmentFiles: [...(values.get('EnvironmentFiles') ?? []), ...(values.get('EnvironmentFile') ?? [])]
      .filter((text) => text !== '')
      .map(environmentFile),
    unset: (values.get('UnsetEnvironment') ?? []).flatMap((text) => text.split(' ')),
    execStart: (values.get('ExecStart') ?? []).join('\n'),
  };
}

function environmentFile(text: string): UnitFacts['environmentFiles'][number] {
  const [, path = text, ignored] = /^(.*) \(ignore_errors=(yes|no)\)$/.exec(text) ?? [];
  return { path, optional: ignored === 'yes' };
}

import { mark } from './mark.js';

/** The values of a node that the hook and the guard need. */
export interface NodeSettings {
  readonly mode: string;
  /** The real cocoon. */
  readonly cocoon: string;
  /** The node program: services find none that lies in somebody's home. */
  readonly node: string;
  /** Null where it is the default. */
  readonly stateDir: string | null;
}

/** The lines of a settings file without the white space that bin/settings.sh takes off: that of the C locale. */
export function settingLines(text: string): readonly string[] {
  return text.split('\n').map((line) => line.replace(/^[ \t\r\v\f]+|[ \t\r\v\f]+$/g, ''));
}

/**
 * What a settings file says, as the hook reads it: `KEY=value` lines without the white space around them, values
 * verbatim, the last of a key counts. An empty value is none.
 */
export function readSettings(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of settingLines(text)) {
    const equals = line.indexOf('=');
    if (equals <= 0 || line.startsWith('#')) continue;
    values.delete(line.slice(0, equals));
    if (equals < line.length - 1) values.set(line.slice(0, equals), line.slice(equals + 1));
  }
  return values;
}

/** The settings file of a node that has none. */
export function settingsText(settings: NodeSettings): string {
  const stateDir = settings.stateDir === null ? '#BLOBCHECK_STATE_DIR=/var/lib/blobcheck' : null;
  return `${mark}
# Read by pre-clone and cocoon-guard. A key here wins over the environment. Values stand as they are: no quotes, and
# nothing behind them. Edit what you like: a second \`blobcheck install\` keeps it.

# enforce refuses what is not allowed, warn only says so, off does not look.
BLOBCHECK_MODE=${settings.mode}

# The real cocoon, which the guard runs.
BLOBCHECK_COCOON=${settings.cocoon}

# The program that blobcheck runs on.
BLOBCHECK_NODE=${settings.node}

# What blobcheck remembers.
${stateDir ?? `BLOBCHECK_STATE_DIR=${settings.stateDir}`}

# How long a clone waits for its base to be read: 90s, 10m, 1h.
#BLOBCHECK_TIMEOUT=10m

# Whether a base that is missing or wrong may be brought: Always, IfNotPresent or Never; for all snapshots, or for those
# whose name matches a pattern.
#BLOBCHECK_PULL_POLICY=IfNotPresent
#BLOBCHECK_PULL_POLICY[ci/*]=Never

# Sections of config.json that this node needs, whatever is in them, comma-separated.
#BLOBCHECK_ALLOW_VM_SECTIONS=
`;
}

/** The file as the operator left it, and below it the lines without which it would say too little. */
export function completedSettings(text: string, settings: NodeSettings): string {
  const values = readSettings(text);
  const missing = requiredLines(settings).filter(([key]) => !values.has(key));
  if (missing.length === 0) return text;
  const lines = missing.map(([key, value]) => `${key}=${value}\n`).join('');
  return `${text}${text.endsWith('\n') ? '' : '\n'}${lines}`;
}

function requiredLines({ mode, cocoon, node, stateDir }: NodeSettings): readonly (readonly [string, string])[] {
  return [
    ['BLOBCHECK_MODE', mode],
    ['BLOBCHECK_COCOON', cocoon],
    ['BLOBCHECK_NODE', node],
    ...(stateDir === null ? [] : ([['BLOBCHECK_STATE_DIR', stateDir]] as const)),
  ];
}

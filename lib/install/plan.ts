import { hasControls } from '../finding/escape.js';
import type { FoundCocoon } from '../remedy/find-cocoon.js';
import type { ExistingFile } from './existing-file.js';
import type { Places } from './places.js';
import { completedSettings, readSettings, settingsText } from './settings.js';
import { dropInText, environmentText, isPlainPath } from './unit-files.js';

export interface PlanFacts {
  readonly places: Places;
  /** By path, of every place. */
  readonly existing: ReadonlyMap<string, ExistingFile>;
  readonly guard: string;
  readonly cocoon: FoundCocoon;
  readonly node: string;
  /** Null where it is the default. */
  readonly stateDir: string | null;
  /** The names of the units that are there. */
  readonly units: readonly string[];
}

export interface PlannedFile {
  readonly path: string;
  readonly action: 'create' | 'replace' | 'unchanged';
  readonly text: string;
}

export interface Refusal {
  readonly subject: string;
  readonly message: string;
  readonly remedy: string | null;
}

export interface Plan {
  /** In the order in which they are to be written: no drop-in before the file that it names. */
  readonly files: readonly PlannedFile[];
  /** Where there is one, nothing is to be changed. */
  readonly refusals: readonly Refusal[];
  /** What the settings file will say. */
  readonly settings: ReadonlyMap<string, string>;
}

/** What an installation would write. Looks at nothing itself. */
export function planInstall(facts: PlanFacts): Plan {
  const { places, existing } = facts;
  const refusals: Refusal[] = [];
  const refuse = (subject: string, message: string, remedy: string | null = null) => {
    refusals.push({ subject, message, remedy });
  };
  if (!isPlainPath(facts.guard))
    refuse(facts.guard, 'a path like this cannot stand in an environment file and in sudoers');
  for (const value of [facts.node, facts.stateDir ?? '']) {
    if (hasControls(value) || value !== value.trim()) refuse(value, 'a path like this cannot stand in a settings file');
  }
  const settings = settingsOf(facts, refuse);
  const wanted = new Map([
    [places.settings, settings],
    [places.environment, environmentText(facts.guard)],
    ...facts.units.map((unit) => [places.dropIn(unit), dropInText(places.environment)] as const),
  ]);
  const files: PlannedFile[] = [];
  for (const [path, text] of wanted) {
    const there = existing.get(path) ?? { kind: 'absent' };
    if (there.kind === 'foreign')
      refuse(path, `is not ours to overwrite: ${there.reason}`, `look at ${path}, and move it away`);
    else if (there.kind === 'absent') files.push({ path, action: 'create', text });
    else files.push({ path, action: there.text === text ? 'unchanged' : 'replace', text });
  }
  return { files, refusals, settings: readSettings(settings) };
}

/** The settings that are there stay as they are; only what they do not say is found for them. */
function settingsOf(facts: PlanFacts, refuse: (subject: string, message: string, remedy: string) => void): string {
  const { places, existing, cocoon, node, stateDir } = facts;
  const there = existing.get(places.settings);
  const known = there?.kind === 'ours' ? readSettings(there.text).has('BLOBCHECK_COCOON') : false;
  if ('problem' in cocoon && !known) {
    refuse('cocoon', cocoon.problem, 'name it: BLOBCHECK_COCOON=/path/to/cocoon blobcheck install');
  }
  const values = { mode: 'enforce', cocoon: 'path' in cocoon ? cocoon.path : '', node, stateDir };
  return there?.kind === 'ours' ? completedSettings(there.text, values) : settingsText(values);
}

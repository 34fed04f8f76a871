import { resolve } from 'node:path';
import type { CommandOption, CommandPlace } from '../finding/remedy.js';
import { DEFAULT_ROOT } from '../store/layout.js';
import type { StoreLocation } from '../store/location.js';
import { DEFAULT_STATE_DIRECTORY } from '../trust/state-directory.js';

/** How the programs are told of a node, whatever the environment of whoever pastes a remedy. */
export function commandPlace(location: StoreLocation, stateDir: string | null): CommandPlace {
  const { root, runDir, configFile } = location;
  const cocoon: CommandOption[] = [];
  if (configFile !== undefined) cocoon.push(['--config', configFile]);
  if (root !== DEFAULT_ROOT) cocoon.push(['--root-dir', root]);
  if (runDir !== undefined) cocoon.push(['--run-dir', runDir]);
  const remembering: CommandOption[] = stateDir === null ? [] : [['--state-dir', resolve(stateDir)]];
  return { cocoon, blobcheck: [...cocoon, ...remembering.filter(([, path]) => path !== DEFAULT_STATE_DIRECTORY)] };
}

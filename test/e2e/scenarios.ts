/** What is played on cocoon: each is compared with what cocoon 0.3.8 did (test/fixtures/cocoon-0.3.8). */
import { collections, imports, pulls } from './image-scenarios.js';
import type { Scenario } from './transcript.js';
import { settings, usage } from './usage-scenarios.js';
import { clones, creations, restores, snapshots } from './vm-scenarios.js';

export const scenarios: Readonly<Record<string, Scenario>> = {
  pulls,
  imports,
  collections,
  snapshots,
  clones,
  restores,
  creations,
  usage,
  settings,
};

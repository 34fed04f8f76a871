/** A node whose callers meet the guard in cocoon's place, and cocoon (the stand-in, or the real one) behind it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServedNode, servedNode } from '../remedy/node.js';
import { cocoonUnderTest } from '../support/cocoon.js';
import { temporaryDirectory } from '../support/temporary.js';
import { type VkCocoon, vkCocoon } from '../support/vk-caller.js';

export const guard = fileURLToPath(new URL('../../bin/cocoon-guard', import.meta.url));

export interface GatedNode extends ServedNode {
  readonly vk: VkCocoon;
  /** Command lines that reached cocoon from the guard, by their first two words; not those of scratch pulls. */
  reached(): string[];
}

export async function gatedNode(
  spec: Parameters<typeof servedNode>[0] = {},
  settings: NodeJS.ProcessEnv = {},
): Promise<GatedNode> {
  const node = await servedNode(spec);
  const log = join(temporaryDirectory(), 'reached');
  const recorder = join(temporaryDirectory(), 'cocoon');
  writeFileSync(
    recorder,
    `#!/bin/sh\ncase $1 in --root-dir) ;; *) printf '%s %s\\n' "$1" "$2" >> '${log}' ;; esac\nexec '${cocoonUnderTest}' "$@"\n`,
    { mode: 0o755 },
  );
  const place = temporaryDirectory();
  const env = {
    ...node.env,
    NODE_V8_COVERAGE: undefined,
    VK_COCOON_BIN: guard,
    BLOBCHECK_COCOON: recorder,
    BLOBCHECK_STATE_DIR: node.state,
    COCOON_ROOT_DIR: node.root.directory,
    COCOON_RUN_DIR: join(place, 'run'),
    COCOON_LOG_DIR: join(place, 'log'),
    ...settings,
  };
  return {
    ...node,
    vk: vkCocoon({ env }),
    reached: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
  };
}

export const clones = (node: GatedNode) => node.reached().filter((line) => line === 'vm clone').length;

export async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it was not refused');
}

let pods = 0;
export const clone = ({ vk }: GatedNode, snapshot = 'app:v1') => {
  pods += 1;
  return vk.clone({ from: snapshot, to: `pod-${pods}`, onDemand: true });
};
export const pod = ({ vk }: GatedNode) => {
  pods += 1;
  return vk.createClonedPod({ snapshot: 'app:v1', vmName: `pod-${pods}`, memory: '1Gi', storage: '10Gi' });
};

/** Writes the image of every snapshot's record anew, and takes the index of images away. */
export function setImage(root: string, image: string, type = 'cloudimg'): void {
  const path = join(root, 'snapshot/db/snapshots.json');
  const index = JSON.parse(readFileSync(path, 'utf8'));
  for (const record of Object.values<Record<string, unknown>>(index.snapshots)) {
    Object.assign(record, { image, image_type: type });
  }
  writeFileSync(path, JSON.stringify(index));
  writeFileSync(join(root, 'cloudimg/db/images.json'), '{"images":{}}');
}

/** What a VM is to have, from the flags of `vm clone`, `vm restore` and `vm create`, and what cocoon refuses. */
import { availableParallelism } from 'node:os';
import { Failure } from './failure.mjs';
import { humanSize, ramInBytes } from './sizes.mjs';

const NAME = '^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$';
const LEAST_MEMORY = 512 * 1024 ** 2;
const LEAST_STORAGE = 10 * 1024 ** 3;

/** A clone has what its snapshot has where a flag says nothing. Version 0.3.8 makes up no name, whatever its help says. */
export function cloneConfig(flags, changed, snapshot) {
  const config = {
    ...mergedResources(flags, snapshot, snapshot),
    queue_size: flags['queue-size'] || snapshot.queue_size,
    disk_queue_size: flags['disk-queue-size'] || snapshot.disk_queue_size,
    image: snapshot.image,
    image_digest: snapshot.image_digest,
    image_type: snapshot.image_type,
    network: flags.network || snapshot.network,
    no_direct_io: changed.has('no-direct-io') ? flags['no-direct-io'] : snapshot.no_direct_io,
    windows: snapshot.windows,
    name: flags.name,
  };
  validate(config);
  return config;
}

/** Those of the VM where a flag says nothing, and never less than the snapshot has. */
export function mergedResources(flags, current, snapshot) {
  const merged = {
    cpu: flags.cpu > 0 ? flags.cpu : (current.cpu ?? 0),
    memory: sizeFlag(flags, 'memory') ?? current.memory ?? 0,
    storage: sizeFlag(flags, 'storage') ?? current.storage ?? 0,
  };
  const below = (flag, value, least) => new Failure(`--${flag} ${value} below snapshot minimum ${least}`);
  if (merged.cpu < (snapshot.cpu ?? 0)) throw below('cpu', merged.cpu, snapshot.cpu);
  for (const flag of ['memory', 'storage']) {
    const least = snapshot[flag] ?? 0;
    if (merged[flag] < least) throw below(flag, humanSize(merged[flag]), humanSize(least));
  }
  return merged;
}

export function createConfig(flags, image) {
  const config = {
    cpu: flags.cpu,
    memory: sizeFlag(flags, 'memory') ?? 0,
    storage: sizeFlag(flags, 'storage') ?? 0,
    queue_size: flags['queue-size'],
    disk_queue_size: flags['disk-queue-size'],
    image,
    network: flags.network,
    no_direct_io: flags['no-direct-io'],
    windows: flags.windows,
    name: flags.name || `cocoon-${image.replaceAll('/', '-').replaceAll(':', '-')}`.slice(0, 63),
  };
  validate(config);
  return config;
}

function sizeFlag(flags, name) {
  if (flags[name] === '') return undefined;
  try {
    return ramInBytes(flags[name]);
  } catch (error) {
    throw new Failure(`invalid --${name} ${JSON.stringify(flags[name])}: ${error.message}`);
  }
}

function validate({ name, cpu, memory, storage }) {
  if (name === '') throw new Failure('vm name cannot be empty');
  if (!new RegExp(NAME).test(name)) {
    throw new Failure(`vm name ${JSON.stringify(name)} is invalid: must match ${NAME} (max 63 chars)`);
  }
  if (cpu <= 0) throw new Failure(`--cpu must be at least 1, got ${cpu}`);
  if (memory < LEAST_MEMORY) throw new Failure(`--memory must be at least 512M, got ${memory}`);
  if (storage < LEAST_STORAGE) throw new Failure(`--storage must be at least 10G, got ${storage}`);
}

export function validateHostCpu(cpu) {
  const cores = availableParallelism();
  if (cpu > cores) throw new Failure(`requested ${cpu} vCPUs exceeds host cores (${cores})`);
}

/** The flags of cocoon 0.3.8, with their types and defaults; what the help says of them is our own. */
const flag = (type) => (name, usage, more) => ({ name, type, usage, ...more });
const text = flag('string');
const bool = flag('bool');
const int = flag('int');

export const globalFlags = [
  text('cni-bin-dir', 'folder of CNI plugins'),
  text('cni-conf-dir', 'folder of CNI configuration'),
  text('config', 'configuration file'),
  text('dns', 'name servers of the guests'),
  text('log-dir', 'folder of logs'),
  text('log-level', 'what is worth a line'),
  text('root-dir', 'the root'),
  text('run-dir', 'folder of what runs'),
];

export const formatFlag = text('format', 'table or json', { short: 'o', default: 'table' });
export const outputFlag = text('output', 'json for a document', { short: 'o' });

export const pullFlags = [bool('force', 'get it again')];

export const createFlags = [
  bool('fc', 'Firecracker'),
  text('name', 'name of the VM'),
  int('cpu', 'processors', { default: 2 }),
  text('memory', 'bytes of memory', { default: '1G' }),
  text('storage', 'bytes of the disk', { default: '10G' }),
  int('nics', 'interfaces', { default: 1 }),
  int('queue-size', 'depth of a network queue'),
  int('disk-queue-size', 'depth of a disk queue'),
  text('network', 'CNI configuration'),
  text('bridge', 'bridge in place of CNI'),
  text('user', 'user in the guest', { default: 'root' }),
  text('password', "that user's password", { default: 'cocoon' }),
  bool('no-direct-io', 'disks through the page cache'),
  bool('windows', 'a Windows guest'),
  flag('stringArray')('data-disk', 'one more disk'),
  outputFlag,
];

export const cloneFlags = [
  text('name', 'name of the VM'),
  int('cpu', 'processors'),
  text('memory', 'bytes of memory'),
  text('storage', 'bytes of the disk'),
  int('nics', 'interfaces'),
  int('queue-size', 'depth of a network queue'),
  int('disk-queue-size', 'depth of a disk queue'),
  text('network', 'CNI configuration'),
  text('bridge', 'bridge in place of CNI'),
  bool('no-direct-io', 'disks through the page cache'),
  bool('on-demand', 'memory as it is touched'),
  bool('pull', 'get the base if the index lacks it'),
  outputFlag,
];

export const restoreFlags = [
  int('cpu', 'processors'),
  text('memory', 'bytes of memory'),
  text('storage', 'bytes of the disk'),
  bool('on-demand', 'memory as it is touched'),
  outputFlag,
];

export const rmFlags = [bool('force', 'those that run too'), outputFlag];

export const snapshotListFlags = [formatFlag, text('vm', 'only those of a VM')];

export const snapshotImportFlags = [text('description', 'another description'), text('name', 'another name')];

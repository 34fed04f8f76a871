/** The commands of cocoon 0.3.8 that the stand-in has; each is loaded when it is run. */
import { Failure } from './failure.mjs';
import * as flags from './flags.mjs';

const command = (use, short, args, load, more = {}) => {
  return { name: use.split(' ')[0], use, short, args, load, ...more };
};
/** Listed by the help, and refused. */
const missing = (use, short) => {
  const refuse = () => {
    throw new Failure(`the stand-in has no ${use.split(' ')[0]}`);
  };
  return command(use, short, {}, async () => refuse);
};
const group = (name, short, children) => ({ name, short, children });
const ls = { aliases: ['ls'] };

const image = group('image', 'Images', [
  command('import NAME [FILE...]', 'Take an image from files or stdin', { least: 1 }, from('image-import')),
  command('inspect IMAGE', 'One image as JSON', { exactly: 1 }, from('image', 'inspectImage')),
  command('list', 'All images', {}, from('image', 'listImages'), {
    ...ls,
    flags: [flags.formatFlag],
  }),
  command('pull IMAGE [IMAGE...]', 'Get images', { least: 1 }, from('image-pull'), {
    flags: flags.pullFlags,
  }),
  command('rm ID [ID...]', 'Forget images', { least: 1 }, from('image', 'removeImages')),
]);

const snapshot = group('snapshot', 'Snapshots', [
  missing('export SNAPSHOT', 'Write a snapshot to an archive'),
  command('import [FILE]', 'Take a snapshot from an archive', { most: 1 }, from('snapshot-import'), {
    flags: flags.snapshotImportFlags,
  }),
  command('inspect SNAPSHOT', 'One snapshot as JSON', { exactly: 1 }, from('snapshot', 'inspectSnapshot')),
  command('list', 'All snapshots', {}, from('snapshot', 'listSnapshots'), {
    ...ls,
    flags: flags.snapshotListFlags,
  }),
  command('rm SNAPSHOT [SNAPSHOT...]', 'Remove snapshots', { least: 1 }, from('snapshot', 'removeSnapshots')),
  missing('save [flags] VM', 'Take a snapshot of a VM'),
]);

const vm = group('vm', 'Virtual machines', [
  command('clone [flags] SNAPSHOT', 'A new VM from a snapshot', { exactly: 1 }, from('vm-clone'), {
    flags: flags.cloneFlags,
  }),
  missing('console VM', 'The console of a VM'),
  command('create [flags] IMAGE', 'A new VM from an image', { exactly: 1 }, from('vm-create', 'createVm'), {
    flags: flags.createFlags,
  }),
  missing('debug [flags] IMAGE', 'Show the command of the hypervisor'),
  command('inspect VM', 'One VM as JSON', { exactly: 1 }, from('vm', 'inspectVm')),
  command('list', 'All VMs', {}, from('vm', 'listVms'), { ...ls, flags: [flags.formatFlag] }),
  command('restore [flags] VM SNAPSHOT', 'A VM back to its snapshot', { exactly: 2 }, from('vm-restore'), {
    flags: flags.restoreFlags,
  }),
  command('rm [flags] VM [VM...]', 'Remove VMs', { least: 1 }, from('vm', 'removeVms'), {
    flags: flags.rmFlags,
  }),
  command('run [flags] IMAGE', 'A new VM from an image, started', { exactly: 1 }, from('vm-create', 'runVm'), {
    flags: flags.createFlags,
  }),
  missing('start VM [VM...]', 'Start VMs'),
  missing('status [VM...]', 'Watch VMs'),
  missing('stop VM [VM...]', 'Stop VMs'),
]);

const version = async () => () => {
  const lines = ['Version:        0.3.8', 'Git hash:       stand-in', 'Built:          now', 'Golang version: none'];
  process.stdout.write(`${lines.join('\n')}\nOS/Arch:        linux/amd64\n`);
};

export const rootCommand = linked({
  name: 'cocoon',
  short: 'A stand-in for cocoon 0.3.8',
  flags: flags.globalFlags,
  children: [
    missing('completion [bash|zsh|fish|powershell]', 'Completion for a shell'),
    command('gc', 'Remove what no record names', {}, from('gc')),
    command('help [command]', 'Help', {}, undefined),
    image,
    snapshot,
    command('version', 'The version', {}, version),
    vm,
  ],
});

function from(module, name) {
  return async () => {
    const loaded = await import(`./${module}.mjs`);
    return name === undefined ? loaded.run : loaded[name];
  };
}

function linked(parent) {
  for (const child of parent.children ?? []) linked(Object.assign(child, { parent }));
  return parent;
}

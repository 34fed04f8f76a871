import type { Command } from 'commander';
import { convertibleCommand } from './convertible.js';
import { ensureCommand } from './ensure.js';
import { explainCommand } from './explain.js';
import { hashCommand } from './hash.js';
import { hookCommand } from './hook.js';
import { inspectCommand } from './inspect.js';
import { installCommand } from './install.js';
import type { Definition } from './program.js';
import { rereadCommand } from './reread.js';
import { sealCommand } from './seal.js';
import { sealingCommand } from './sealing.js';
import { statusCommand } from './status.js';
import { uninstallCommand } from './uninstall.js';
import { verifyCommand } from './verify.js';

/*
 * Each command as commander knows it. One function a command: a program that needs one of them is bundled without the
 * others, and without what only they import (build/build.mjs).
 */

/** Gathers the values of an option that may be given more than once. */
const collect = (value: string, values: readonly string[] = []) => [...values, value];

/** What the scripts in bin/ run, and people do not. */
const scriptsOwn = { hidden: true };

export const verify: Definition = ({ program, terminal, done }) => {
  program
    .command('verify [snapshot...]')
    .description('judge snapshots (id, name, id prefix, or a glob over names), images, or overlays outside cocoon')
    .option('--all', 'every snapshot of the root')
    .option('--image <ref...>', 'what a new VM would be started from')
    .option('--from-dir <dir...>', "what `vm clone --from-dir` would take in a snapshot's place")
    .option('--archive <file...>', 'what `snapshot export` has written, before it is imported; - for standard input')
    .option('--overlay <glob...>', 'qcow2 overlays outside cocoon, with --blobs')
    .option('--blobs <dir>', 'the directory of <sha256>.qcow2 files that --overlay stands on')
    .option('--max-age <days>', 'how long a full read speaks for a base that has not changed (30); 0 always reads')
    .option(
      '--direct',
      'read from the disk, past the page cache, where the file system can; --max-age says what is read',
    )
    .option('--engine <engine>', 'hash engine: native or wasm')
    .option('--allow-vm-section <name>', 'allow this section of config.json, whatever is in it (repeatable)', collect)
    .action(async (refs: string[], _options: object, command: Command) => {
      done(await verifyCommand(refs, command.optsWithGlobals(), terminal));
    });
};

export const ensure: Definition = ({ program, terminal, done }) => {
  program
    .command('ensure [snapshot...]')
    .description('bring the bases that are missing or wrong, then verify')
    .option('--pull-policy <policy>', 'Always, IfNotPresent or Never')
    .option('--from <file-or-url>', 'where the exact content is, if not where the image came from')
    .option('--image <ref...>', 'what a new VM would be started from, pulled into the store')
    .option('--from-dir <dir>', "what `vm clone --from-dir` would take in a snapshot's place")
    .option('--dry-run', 'print the plan; change nothing')
    .option('--exact', 'names are names, never patterns')
    .option('--alone', 'end at once, with exit code 75, while another process ensures the same')
    .option('--engine <engine>', 'hash engine: native or wasm')
    .option('--allow-vm-section <name>', 'allow this section of config.json, whatever is in it (repeatable)', collect)
    .action(async (refs: string[], _options: object, command: Command) => {
      done(await ensureCommand(refs, command.optsWithGlobals(), terminal));
    });
};

export const hook: Definition = ({ program, terminal, done }) => {
  program
    .command('hook [word...]', scriptsOwn)
    .description('what bin/pre-clone asks before a clone: says allow, or nothing and the reason on standard error')
    .option('--operation <operation>', 'clone, restore or run')
    .option('--pull', 'the caller wants the base brought')
    .option('--from-dir <dir>', 'a directory to clone from, in the place of a snapshot')
    .option('--waited <seconds>', 'how much of its time the asker has spent already')
    .option('--question <text>', 'what a stamp may answer from now on, as bin/stamp.sh spells it')
    .action(async (words: string[], _options: object, command: Command) => {
      done(await hookCommand(words, command.optsWithGlobals(), terminal));
    });
};

export const reread: Definition = ({ program, terminal, done }) => {
  program
    .command('reread <blob...>', scriptsOwn)
    .description('read bases again whose last full read is too long ago: what is started in the background')
    .action(async (blobs: string[], _options: object, command: Command) => {
      done(await rereadCommand(blobs, command.optsWithGlobals(), terminal));
    });
};

export const convertible: Definition = ({ program, terminal, done }) => {
  program
    .command('convertible <file>', scriptsOwn)
    .description('whether a downloaded image names no file but itself: what qemu-img is kept from for `ensure`')
    .action(async (file: string) => {
      done(await convertibleCommand(file, terminal));
    });
};

export const sealing: Definition = ({ program, terminal, done }) => {
  program
    .command('sealing <program> [arg...]', scriptsOwn)
    .description("run cocoon's image pull or import, then seal the base images that it has brought")
    .action(async (name: string, args: string[], _options: object, command: Command) => {
      done(await sealingCommand([name, ...args], command.optsWithGlobals(), terminal));
    });
};

export const seal: Definition = ({ program, terminal, done }) => {
  program
    .command('seal [blob-or-snapshot...]')
    .description('record what a blob must be from now on; never replaces what is known')
    .option('--all', 'every blob of the store')
    .option('--replace <blob>', 'give this one blob a new seal, whatever the old one says')
    .option('--direct', 'read from the disk, past the page cache, where the file system can')
    .option('--engine <engine>', 'hash engine: native or wasm')
    .action(async (names: string[], _options: object, command: Command) => {
      done(await sealCommand(names, command.optsWithGlobals(), terminal));
    });
};

export const status: Definition = ({ program, terminal, done }) => {
  program
    .command('status')
    .description('what is known of each blob: size, basis, since when and by whom, last read, history')
    .action(async (_options: object, command: Command) => {
      done(await statusCommand(command.optsWithGlobals(), terminal));
    });
};

export const install: Definition = ({ program, terminal, done }) => {
  program
    .command('install')
    .description("put the guard before this node's cocoon, prove that it stands there, and seal every blob")
    .option('--vk-cocoon', 'refuse where there is no vk-cocoon.service')
    .option('--dry-run', 'print what would be done, and change nothing')
    .action(async (_options: object, command: Command) => {
      done(await installCommand(command.optsWithGlobals(), terminal));
    });
};

export const uninstall: Definition = ({ program, terminal, done }) => {
  program
    .command('uninstall')
    .description('remove what install wrote, and what is remembered but for the seals')
    .option('--dry-run', 'print what would be done, and change nothing')
    .action(async (_options: object, command: Command) => {
      done(await uninstallCommand(command.optsWithGlobals(), terminal));
    });
};

export const inspect: Definition = ({ program, terminal, done }) => {
  program
    .command('inspect <file>')
    .description('print the header, extensions, tables and backing chain of a qcow2 file; judges nothing')
    .action(async (file: string, _options: object, command: Command) => {
      done(await inspectCommand(file, command.optsWithGlobals(), terminal));
    });
};

export const hash: Definition = ({ program, terminal, done }) => {
  program
    .command('hash <file...>')
    .description('print SHA-256 digests as sha256sum does')
    .option('--direct', 'read from the disk, past the page cache, where the file system can')
    .option('--engine <engine>', 'hash engine: native or wasm')
    .action(async (files: string[], _options: object, command: Command) => {
      done(await hashCommand(files, command.optsWithGlobals(), terminal));
    });
};

export const explain: Definition = ({ program, terminal, done }) => {
  program
    .command('explain <code>')
    .description('what a finding means, why it matters, and how to mend it')
    .action(async (code: string, _options: object, command: Command) => {
      done(await explainCommand(code, command.optsWithGlobals(), terminal));
    });
};

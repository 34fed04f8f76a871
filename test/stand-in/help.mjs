/** Help as cobra prints it. */
import { inherited, ownFlags } from './command-line.mjs';

export function helpOf(command) {
  return `${command.short}\n\n${usageOf(command)}`;
}

export function usageOf(command) {
  const parts = [`Usage:\n  ${useLine(command)}\n`];
  if (command.aliases !== undefined) parts.push(`Aliases:\n  ${[command.name, ...command.aliases].join(', ')}\n`);
  const children = command.children?.filter(({ hidden }) => !hidden) ?? [];
  if (children.length > 0) {
    const width = Math.max(11, ...children.map(({ name }) => name.length));
    const lines = children.map(({ name, short }) => `  ${name.padEnd(width)} ${short}\n`);
    parts.push(`Available Commands:\n${lines.join('')}`);
  }
  const own = command.parent === undefined ? [...ownFlags(command)] : ownFlags(command);
  parts.push(`Flags:\n${flagLines(own)}`);
  if (inherited(command).length > 0) parts.push(`Global Flags:\n${flagLines(inherited(command))}`);
  if (children.length > 0)
    parts.push(`Use "${pathOf(command)} [command] --help" for more information about a command.\n`);
  return parts.join('\n');
}

function pathOf(command) {
  return command.parent === undefined ? command.name : `${pathOf(command.parent)} ${command.name}`;
}

function useLine(command) {
  if (command.children !== undefined) return `${pathOf(command)} [command]`;
  const use = `${pathOf(command.parent)} ${command.use ?? command.name}`;
  return use.includes('[flags]') ? use : `${use} [flags]`;
}

function flagLines(flags) {
  const heads = flags.map(({ name, short, type }) => {
    const kind = type === 'bool' ? '' : ` ${type}`;
    return `${short === undefined ? '      ' : `  -${short}, `}--${name}${kind}`;
  });
  const width = Math.max(...heads.map((head) => head.length)) + 3;
  return flags.map((flag, at) => `${heads[at].padEnd(width)}${flag.usage}${defaultOf(flag)}\n`).join('');
}

function defaultOf({ type, default: value }) {
  if (value === undefined) return '';
  return ` (default ${type === 'string' ? JSON.stringify(value) : value})`;
}

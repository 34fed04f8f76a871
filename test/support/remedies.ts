/** The options by which a remedy's command says which node it is about. */
const placed = ['--config', '--root-dir', '--run-dir', '--state-dir'];

/** A remedy's words without its node, for tests of what it does to whichever node. */
export function withoutPlace(argv: readonly string[] | null | undefined): string[] | null {
  return argv?.filter((word, at) => !placed.includes(word) && !placed.includes(argv[at - 1] ?? '')) ?? null;
}

/** The same of a remedy as it is pasted, whose paths need no quotes. */
export function pastedWithoutPlace(remedy: string | null | undefined): string {
  return (remedy ?? '')
    .split(' && ')
    .map((command) => withoutPlace(command.split(' '))?.join(' '))
    .join(' && ');
}

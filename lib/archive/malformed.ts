/**
 * What stands in an archive is not what cocoon writes, could be read differently by two readers, or is past a limit. Thrown
 * and caught inside this room only: `readArchive` makes a value of it.
 */
export class Malformed extends Error {
  /** The name of the entry in which it was found, as far as it is known; untrusted text. */
  readonly entry: string | null;

  constructor(reason: string, entry: string | null = null) {
    super(reason);
    this.name = 'Malformed';
    this.entry = entry;
  }
}

/** Why a file with the magic of EROFS is no image that a kernel mounts. */
export type ErofsFlaw =
  | {
      readonly kind: 'malformed';
      readonly reason: string;
      /** Byte in the file where it shows. */
      readonly offset: number;
    }
  /** It may be in order, for a newer kernel than those that we know. */
  | { readonly kind: 'unsupported'; readonly reason: string };

export function malformed(reason: string, offset: number): ErofsFlaw {
  return { kind: 'malformed', reason, offset };
}

export function unsupported(reason: string): ErofsFlaw {
  return { kind: 'unsupported', reason };
}

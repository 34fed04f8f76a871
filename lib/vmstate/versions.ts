/** A layout of the state, called after the first line of Firecracker that writes it. */
export type Layout = '1.12' | '1.13' | '1.14' | '1.15' | '1.16';

const order: readonly Layout[] = ['1.12', '1.13', '1.14', '1.15', '1.16'];

export type Codec = 'bincode' | 'bitcode';

/** The codec that writes a layout: 1.15 exchanged it. */
export function codecOf(layout: Layout): Codec {
  return since(layout, '1.15') ? 'bitcode' : 'bincode';
}

export function since(layout: Layout, first: Layout): boolean {
  return order.indexOf(layout) >= order.indexOf(first);
}

/** The version that a vmstate declares: SNAPSHOT_VERSION in src/vmm/src/persist.rs, not the version of Firecracker. */
export interface SnapshotVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

interface WrittenBy {
  readonly version: string;
  /** Null: known, but not decoded. */
  readonly layout: Layout | null;
  readonly releases: readonly string[];
}

/**
 * Every snapshot version that a release of Firecracker writes. 8.0.0 means two things: 1.14 added fields without a new
 * number, and neither reads what the other wrote. The layouts before 1.12 are not decoded. Within a line the types did not
 * change, nor did the crates that write them: bincode 2.0.1, bitcode 0.6.9, kvm-bindings 0.11.1 to 0.14.0, vm-allocator
 * 0.1.3, vmm-sys-util 0.12.1 to 0.15.0 (Cargo.lock).
 */
export const SNAPSHOT_VERSIONS: readonly WrittenBy[] = [
  { version: '1.0.0', layout: null, releases: ['1.7.0'] },
  { version: '2.0.0', layout: null, releases: ['1.8.0'] },
  { version: '3.0.0', layout: null, releases: ['1.9.0', '1.9.1', '1.10.0'] },
  { version: '4.0.0', layout: null, releases: ['1.10.1'] },
  { version: '5.0.0', layout: null, releases: ['1.11.0'] },
  { version: '6.0.0', layout: '1.12', releases: ['1.12.0', '1.12.1'] },
  { version: '8.0.0', layout: '1.13', releases: ['1.13.0', '1.13.1', '1.13.2'] },
  { version: '8.0.0', layout: '1.14', releases: ['1.14.0', '1.14.1', '1.14.2', '1.14.3', '1.14.4'] },
  { version: '9.0.0', layout: '1.15', releases: ['1.15.0', '1.15.1'] },
  { version: '10.0.0', layout: '1.16', releases: ['1.16.0', '1.16.1'] },
];

export function versionText({ major, minor, patch }: SnapshotVersion): string {
  return `${major}.${minor}.${patch}`;
}

/** The layouts that a state of this version and codec may have; none where it is not decoded. */
export function layoutsOf(version: SnapshotVersion, codec: Codec): readonly Layout[] {
  const layouts = writersOf(version).flatMap(({ layout }) => layout ?? []);
  return layouts.filter((layout) => codecOf(layout) === codec);
}

/** The releases of Firecracker that write this version; none where we know none. */
export function releasesOf(version: SnapshotVersion): readonly string[] {
  return writersOf(version).flatMap(({ releases }) => releases);
}

function writersOf(version: SnapshotVersion): readonly WrittenBy[] {
  const text = versionText(version);
  return SNAPSHOT_VERSIONS.filter((written) => written.version === text);
}

/** The first line of every file that an installation writes: what lacks it is somebody else's. */
export const mark = '# Written by `blobcheck install`, and removed by `blobcheck uninstall`.';

/** Whether a file of this content is ours to change and to remove. */
export function isMarked(text: string): boolean {
  return text === mark || text.startsWith(`${mark}\n`);
}

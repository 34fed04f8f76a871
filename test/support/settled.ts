import { statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

/**
 * Comes back when the kernel's clock for files has certainly moved on from the file's last change, so that the next
 * change has another ctime, and a read that begins now is not racy.
 */
export async function settled(path: string): Promise<void> {
  const changed = statSync(path).ctimeMs;
  while (Date.now() <= changed + 30) await setImmediate();
}

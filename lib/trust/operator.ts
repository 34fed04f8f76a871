import { hostname, userInfo } from 'node:os';

/** Who runs this process, for the seals that it writes: `user@host` from the user database, and the user's number. */
export function currentOperator(): { readonly name: string; readonly uid: number } {
  const uid = process.geteuid?.() ?? -1;
  return { name: `${userName(uid)}@${hostname()}`, uid };
}

function userName(uid: number): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user need not be in the database.
    return String(uid);
  }
}

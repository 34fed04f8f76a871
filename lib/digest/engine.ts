import { createHash } from 'node:crypto';

/**
 * `native` is OpenSSL through node:crypto and runs at the processor's rate (SHA extensions). `wasm` is hash-wasm, an
 * implementation that shares no code with it: a second opinion on a mismatch, at about a fifth of the rate.
 */
export type EngineName = 'native' | 'wasm';

/** One running SHA-256. Finished by `digest`, after which it is of no more use. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  /** 64 lower-case hexadecimal digits. */
  digest(): string;
}

export function otherEngine(engine: EngineName): EngineName {
  return engine === 'native' ? 'wasm' : 'native';
}

export async function createHasher(engine: EngineName): Promise<Hasher> {
  if (engine === 'native') {
    const hash = createHash('sha256');
    return {
      update: (bytes) => void hash.update(bytes),
      digest: () => hash.digest('hex'),
    };
  }
  // Loaded when asked for: 30 ms that a process which never needs it does not pay.
  const { createSHA256 } = await import('hash-wasm');
  const hash = await createSHA256();
  hash.init();
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => hash.digest('hex'),
  };
}

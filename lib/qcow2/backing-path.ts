/** A backing file's name as a path, or why it is none. Nothing is opened, and it may lead anywhere. */
export type BackingPath =
  | { readonly kind: 'path'; readonly path: string }
  /** QEMU takes whatever stands before a colon for a protocol: `json:`, `nbd:`, `file:`, `fd:`, … */
  | { readonly kind: 'protocol'; readonly name: string }
  /** QEMU cuts the name at the zero byte, Cloud Hypervisor refuses it. */
  | { readonly kind: 'nul' }
  | { readonly kind: 'not-utf8' };

export function backingPath(name: Buffer): BackingPath {
  if (name.includes(0)) return { kind: 'nul' };
  const text = name.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(name)) return { kind: 'not-utf8' };
  if (/^[^/]*:/.test(text)) return { kind: 'protocol', name: text };
  return { kind: 'path', path: text };
}

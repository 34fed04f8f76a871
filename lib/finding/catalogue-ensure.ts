import type { CatalogueEntries } from './catalogue-entry.js';

/** Codes about what is done before a clone: waiting for a check, and bringing a base back. */
export const ensureEntries = {
  'check-timeout': {
    severity: 'unverified',
    means: 'The check did not end in the time that its asker had.',
    matters: 'What was not judged is not allowed. The work goes on by itself, and its result serves the next ask.',
    mend: 'Ask again; `blobcheck status` shows when the base was last read. BLOBCHECK_TIMEOUT gives more time.',
  },
  'image-not-pullable': {
    severity: 'error',
    means: 'The base is needed, and the image that it came from is no URL of a cloud image.',
    matters: 'A pull would fail with "unsupported protocol scheme"; nothing was tried.',
    mend: 'Bring the exact content with `blobcheck ensure SNAPSHOT --from FILE`, for instance from a node that has it.',
  },
  'pull-failed': {
    severity: 'error',
    means: 'cocoon could not bring the image, or what it brought could not be put in place.',
    matters: 'The store is as it was before; the base is still missing or wrong.',
    mend: 'The message has the reason. Mend it (network, disk space, permission) and run `blobcheck ensure` again.',
  },
  'pull-other-content': {
    severity: 'error',
    means: 'What the image leads to now has another digest than the one that the snapshot stands on.',
    matters: 'The build was replaced upstream: over other content the overlay would give the guest a mixture.',
    mend: 'Bake the snapshot again from the present build, publish the old build again, or bring it with `blobcheck ensure SNAPSHOT --from FILE`.',
  },
} as const satisfies CatalogueEntries;

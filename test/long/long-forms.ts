/** Words in the paths of the tests that have a long form; each has a section of docs/security.md. */
export const LONG_FORMS = ['faults/', 'races/', 'endurance/', 'differential/', 'threats/', 'remedy/killed'] as const;

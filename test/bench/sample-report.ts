import type { CaseReport } from '../../bench/case.js';

const row = (name: string, samples: readonly number[], absent: string | null = null) => {
  return { name, absent, samples, singles: samples };
};

/** A report with a target of each verdict, a peer that is absent, and no chart. */
export const report: CaseReport = {
  title: 'What was measured',
  tables: [
    {
      title: 'On what',
      unit: 'GB/s',
      relativeTo: 'peer',
      rows: [row('ours', [1.5, 1.6, 1.4]), row('peer', [1, 1, 1]), row('gone', [], 'gone is not installed')],
      targets: [
        {
          name: 'ours / peer',
          relation: '>=',
          limit: 1.4,
          measured: 1.5,
          between: [1.45, 1.6],
          rounds: 8,
          verdict: 'reached',
        },
        {
          name: 'ours / more',
          relation: '>=',
          limit: 1.5,
          measured: 1.5,
          between: [1.45, 1.6],
          rounds: 8,
          verdict: 'noisy',
        },
        { name: 'MB', relation: '<=', limit: 110, measured: 111, between: null, rounds: 2, verdict: 'missed' },
        { name: 'ours / gone', relation: '>=', limit: 1, measured: null, between: null, rounds: 0, verdict: 'absent' },
      ],
      others: 0,
    },
  ],
  charts: [],
  notes: ['A note.'],
};

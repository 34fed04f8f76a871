import type { BarChart, DistributionChart, LineChart } from '../../bench/case.js';

export const bars: BarChart = {
  kind: 'bars',
  file: 'some-bars',
  title: 'Bars & <more>',
  description: 'A bar for each "way".',
  unit: 'GB/s',
  ours: ['ours'],
  bars: [
    { name: 'ours', samples: [1.5, 1.7, 1.9] },
    { name: 'peer <b>', samples: [1, 1, 1] },
    { name: 'gone', samples: [] },
  ],
};

export const lines: LineChart = {
  kind: 'lines',
  file: 'some-lines',
  title: 'Lines',
  description: 'Time over size.',
  x: {
    label: 'size',
    scale: 'log',
    ticks: [
      { at: 1, label: '1 GiB' },
      { at: 10, label: '10 GiB' },
      { at: 100, label: '100 GiB' },
    ],
  },
  y: { label: 'milliseconds', scale: 'log' },
  lines: [
    {
      name: 'first',
      points: [
        { x: 1, samples: [600, 610, 620] },
        { x: 10, samples: [6000] },
        { x: 100, samples: [60000] },
      ],
    },
    {
      name: 'again',
      points: [
        { x: 1, samples: [100, 101, 102] },
        { x: 10, samples: [101, 102, 103] },
        { x: 100, samples: [] },
      ],
    },
    { name: 'gone', points: [] },
  ],
};

export const distribution: DistributionChart = {
  kind: 'distribution',
  file: 'some-distribution',
  title: 'Latency',
  description: 'The part of all runs that took at most so long.',
  x: { label: 'milliseconds', scale: 'log' },
  lines: [
    { name: 'ours', singles: Array.from({ length: 101 }, (_, at) => 2 + at / 100) },
    { name: 'node', singles: Array.from({ length: 101 }, (_, at) => 40 + at / 10) },
    { name: 'gone', singles: [] },
  ],
};

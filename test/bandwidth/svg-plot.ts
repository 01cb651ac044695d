/** A trace as a picture: estimates and arrivals against the capacity above, the bottleneck's queue and the layers below. */
import type { Trace } from './simulation.ts';

const width = 960;
const left = 56;
const right = 16;
/** Top and height of each panel. */
const panels = {
  rates: { top: 44, height: 240 },
  queue: { top: 312, height: 90 },
  layers: { top: 430, height: 90 },
} as const;
const height = 556;
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00'];
/** Arrivals are shown over this many samples, lest frames hide the rate. */
const smoothedSamples = 10;
const layerCount = 9;
/** More points than that cannot be told apart. */
const maxPoints = 1000;

interface Panel {
  readonly top: number;
  readonly height: number;
}

export function plotTrace(trace: Trace): string {
  const { scenario, flows } = trace;
  const thinning = Math.ceil(trace.samples.length / maxPoints);
  const samples = trace.samples.filter((_, index) => index % thinning === 0);
  const forward = flows.flatMap((flow, index) => (flow.options.direction === 'forward' ? [index] : []));
  const topRate = 1.2 * Math.max(...samples.map(({ capacity }) => capacity));
  const seconds = scenario.durationMs / 1000;
  const x = (atMs: number) => left + ((width - left - right) * atMs) / scenario.durationMs;
  const line = (panel: Panel, top: number, values: readonly number[], style: string) => {
    const points = values.map(
      (value, index) =>
        `${x(samples[index].atMs).toFixed(1)},${(panel.top + panel.height * (1 - Math.min(1, value / top))).toFixed(1)}`,
    );
    return `<polyline fill="none" ${style} points="${points.join(' ')}"/>`;
  };
  const colour = (index: number) => colours[index % colours.length];
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${left}" y="20" font-size="15">RFC 8867 ${scenario.id}: ${scenario.title}</text>`,
    frame(
      panels.rates,
      'Mbit/s: capacity (black), estimates (thick), what arrives (thin)',
      topRate / 1e6,
      seconds,
      x,
    ),
    frame(panels.queue, 'ms of queue at the bottleneck', 320, seconds, x),
    frame(panels.layers, 'layer chosen, of nine', layerCount, seconds, x),
    line(
      panels.rates,
      topRate,
      samples.map(({ capacity }) => capacity),
      'stroke="#000" stroke-width="1.5"',
    ),
    ...(forward.length > 1
      ? [
          line(
            panels.rates,
            topRate,
            samples.map(({ estimates }) => forward.reduce((sum, index) => sum + estimates[index], 0)),
            'stroke="#888" stroke-width="1.2" stroke-dasharray="4 2"',
          ),
        ]
      : []),
    ...forward.flatMap((index) => [
      line(
        panels.rates,
        topRate,
        smoothed(samples.map(({ arrived }) => arrived[index])),
        `stroke="${colour(index)}" stroke-width="0.6"`,
      ),
      line(
        panels.rates,
        topRate,
        samples.map(({ estimates }) => estimates[index]),
        `stroke="${colour(index)}" stroke-width="1.8"`,
      ),
      line(
        panels.layers,
        layerCount,
        samples.map(({ layers }) => layers[index]),
        `stroke="${colour(index)}" stroke-width="1.5"`,
      ),
    ]),
    line(
      panels.queue,
      320,
      samples.map(({ queueMs }) => queueMs),
      'stroke="#444" stroke-width="1"',
    ),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

function frame(
  panel: Panel,
  title: string,
  top: number,
  seconds: number,
  x: (atMs: number) => number,
): string {
  const lines = [0, 0.5, 1].map((share) => {
    const y = panel.top + panel.height * (1 - share);
    const label = `<text x="${left - 6}" y="${y + 4}" text-anchor="end">${(top * share).toFixed(top < 10 ? 1 : 0)}</text>`;
    return `<line x1="${left}" x2="${width - right}" y1="${y}" y2="${y}" stroke="#ddd"/>${label}`;
  });
  const bottom = panel.top + panel.height;
  const step = seconds > 150 ? 30 : 10;
  for (let second = 0; second <= seconds; second += step) {
    const at = x(second * 1000);
    lines.push(`<line x1="${at}" x2="${at}" y1="${panel.top}" y2="${bottom}" stroke="#eee"/>`);
    lines.push(`<text x="${at}" y="${bottom + 14}" text-anchor="middle" fill="#555">${second} s</text>`);
  }
  return `<text x="${left}" y="${panel.top - 5}" fill="#333">${title}</text>\n${lines.join('\n')}`;
}

function smoothed(values: readonly number[]): number[] {
  return values.map((_, index) => {
    const window = values.slice(Math.max(0, index - smoothedSamples + 1), index + 1);
    return window.reduce((sum, value) => sum + value, 0) / window.length;
  });
}

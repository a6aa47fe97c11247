/** Families of numbers in Prometheus' text format, version 0.0.4 (prometheus.io, "Exposition formats"). */
import type { Labels } from './counter-table.js';
import type { MetricFamily } from './tally.js';

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** The whole page. */
export function prometheusText(families: readonly MetricFamily[]): string {
  return families
    .map(({ name, help, kind, samples }) => {
      const rows = samples.map(({ labels, value }) => `${name}${labelsText(labels)} ${numberText(value)}\n`);
      return `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${kind}\n${rows.join('')}`;
    })
    .join('');
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

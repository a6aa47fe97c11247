/** What the command line prints: results on standard output, progress and failures on standard error. */
import { performance } from 'node:perf_hooks';
import { failureReport, formatFailure } from '../report/failure-report.js';

/** Prints one line on standard output. */
export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Prints one JSON object on a line of its own. */
export function printJson(value: unknown): void {
  printLine(JSON.stringify(value));
}

/** Prints a note on standard error. */
export function printNote(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Prints a failure: the report for people on standard error, or as JSON on standard output. */
export function printFailure(thrown: unknown, json: boolean): void {
  if (json) printJson({ ok: false, error: failureReport(thrown) });
  else printNote(formatFailure(thrown));
}

/** `12.3 MB` and the like, in powers of ten. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ''}`;
}

const BAR_WIDTH = 24;
const REDRAW_MS = 100;

/** A progress line on standard error; silent where that is not a terminal. */
export class ProgressLine {
  readonly #label: string;
  readonly #shown: boolean;
  readonly #startedMs = performance.now();
  #drawnMs = 0;
  #drawn = false;

  constructor(label: string, wanted = true) {
    this.#label = label;
    this.#shown = wanted && process.stderr.isTTY;
  }

  /** Milliseconds since it began. */
  get elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }

  /** Shows how far it came; `totalBytes` where it is known. */
  update(bytes: number, totalBytes: number | undefined, detail = ''): void {
    const now = performance.now();
    if (!this.#shown || now - this.#drawnMs < REDRAW_MS) return;
    this.#drawnMs = now;
    this.#drawn = true;
    const rate = `${formatBytes(bytes / Math.max(this.elapsedMs / 1000, 0.001))}/s`;
    process.stderr.write(`\r\u001b[K${this.#label} ${bar(bytes, totalBytes)}${formatBytes(bytes)} ${rate} ${detail}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#drawn) process.stderr.write('\r\u001b[K');
    this.#drawn = false;
  }
}

function bar(bytes: number, totalBytes: number | undefined): string {
  if (totalBytes === undefined || totalBytes === 0) return '';
  const share = Math.min(1, bytes / totalBytes);
  const filled = Math.round(share * BAR_WIDTH);
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] ${Math.floor(share * 100)}% `;
}

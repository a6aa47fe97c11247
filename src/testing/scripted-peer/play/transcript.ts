/** What passed while a script played, message by message, decoded. */
import { hexDump } from '../bytes.js';
import { inFields } from '../match.js';

/** One message that passed. */
export interface Exchanged {
  /** The step that sent or took it, from 1. */
  readonly step: number;
  /** Milliseconds since the connection was open. */
  readonly timeMs: number;
  readonly direction: 'sent' | 'received';
  /** `wire`, `multistream`, `secio`, `noise`, `tls`, `plaintext`, `yamux`, `mplex`, `spdy` or `stream`. */
  readonly layer: string;
  /** The stream's name in the script. */
  readonly stream?: string;
  /** What it is, e.g. `Propose`. */
  readonly message: string;
  /** Its fields. */
  readonly value?: unknown;
  /** Its bytes on its own layer: plaintext, where the layer below seals. */
  readonly bytes: Uint8Array;
}

/** Messages shown of a longer exchange: the last ones tell why it failed. */
const SHOWN_MESSAGES = 40;

/** The exchange as text: a line for each message, its fields, its bytes. */
export function printExchange(exchanged: readonly Exchanged[]): string[] {
  const shown = exchanged.slice(-SHOWN_MESSAGES);
  const hidden = exchanged.length - shown.length;
  return [...(hidden > 0 ? [`(${hidden} messages before these)`] : []), ...shown.flatMap(printMessage)];
}

function printMessage(message: Exchanged): string[] {
  const { timeMs, direction, layer, stream, step, value, bytes } = message;
  const where = stream === undefined ? layer : `${layer} '${stream}'`;
  const arrow = direction === 'sent' ? '->' : '<-';
  return [
    `${timeMs.toFixed(1).padStart(9)} ms  ${arrow} ${where}: ${message.message} (step ${step}, ${bytes.length} bytes)`,
    ...(value === undefined ? [] : indented(inFields(value), 16)),
    ...indented(hexDump(bytes), 16),
  ];
}

/** Lines moved to the right. */
export function indented(lines: readonly string[], by: number): string[] {
  return lines.map((line) => `${' '.repeat(by)}${line}`);
}

/** One record in words: what it is for people who read a trace from above to below. */
import type { TraceRecord } from '../format.js';
import { rawBytesOf } from './raw-bytes.js';
import { describeObservation } from './describe-observation.js';

/** Which way something went, seen from the node: a step of a machine goes nowhere. */
export type Way = 'in' | 'out' | 'none';

/** Bytes shown of a read or a write. */
const BYTES_SHOWN = 16;
/** Characters shown of a value. */
const VALUE_SHOWN = 120;

/** Which way a record goes. */
export function wayOf({ name, data }: TraceRecord): Way {
  if (name === 'secure:plaintext') return data['direction'] === 'inbound' ? 'in' : 'out';
  switch (name) {
    case 'io:bytes_received':
    case 'io:ended':
    case 'io:closed':
    case 'transport:accepted':
    case 'transport:connected':
    case 'frame:decoded':
    case 'udp:received':
    case 'http:answered':
    case 'http:received':
      return 'in';
    case 'io:bytes_sent':
    case 'io:end':
    case 'io:destroyed':
    case 'transport:dial':
    case 'frame:encoded':
    case 'udp:sent':
    case 'http:called':
      return 'out';
    default:
      return 'none';
  }
}

/** What a record says, without its time and address. */
export function describeRecord({ name, data }: TraceRecord): string {
  switch (name) {
    case 'actor:transition':
      return transitionText(data);
    case 'frame:decoded':
    case 'frame:encoded':
      return frameText(data);
    case 'io:bytes_received':
      return `received ${rawText(data)}`;
    case 'io:bytes_sent':
      return `sent ${rawText(data)}${data['full'] === true ? ', and the transport is full' : ''}`;
    case 'secure:plaintext':
      return `inside the channel: ${rawText(data)}`;
    default:
      return describeObservation(name, data) ?? `${name}${fieldsText(data)}`;
  }
}

function transitionText({ machine, from, to, event }: TraceRecord['data']): string {
  const start = from === '' ? 'starts in' : `${String(from)} ->`;
  return `${String(machine)} ${from === to ? `stays in ${String(to)}` : `${start} ${String(to)}`}${from === '' ? '' : `  on ${String(event)}`}`;
}

interface FrameData {
  readonly layer: string;
  readonly stream?: number;
  readonly length: number;
  readonly event?: Readonly<Record<string, unknown>>;
  readonly error?: string;
}

function frameText(data: TraceRecord['data']): string {
  const { layer, stream, length, event, error } = data as unknown as FrameData;
  const { type, ...fields } = event ?? {};
  const what = typeof type === 'string' ? type : `${layer} data`;
  const where = stream === undefined ? '' : ` #${stream}`;
  const size = length === 0 ? '' : `  ${length} bytes`;
  return `${what}${where}${fieldsText(fields)}${size}${error === undefined ? '' : `  ${error}`}`;
}

function rawText(data: TraceRecord['data']): string {
  const { length, data: hex } = rawBytesOf(data);
  if (hex === undefined) return `${length} bytes`;
  const shown = hex.slice(0, 2 * BYTES_SHOWN).replaceAll(/(..)(?=.)/g, '$1 ');
  return `${length} bytes  ${shown}${hex.length > 2 * BYTES_SHOWN ? ' ...' : ''}`;
}

function fieldsText(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([field, value]) => ` ${field}=${shortened(typeof value === 'string' ? value : JSON.stringify(value))}`)
    .join('');
}

/** Text without what a terminal would obey: traces come from elsewhere. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is kept from the terminal here
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?');
}

function shortened(text: string): string {
  return text.length > VALUE_SHOWN ? `${text.slice(0, VALUE_SHOWN)}...` : text;
}

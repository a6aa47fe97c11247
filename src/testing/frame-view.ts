/** Frames of a trace in words: who said what on which layer. */
import type { TraceRecord } from '../trace/format.js';

/** One frame. A record that holds several multistream lines is several frames. */
export interface FrameView {
  /** Number of the record. */
  readonly seq: number;
  readonly timeMs: number;
  readonly direction: 'sent' | 'received';
  /** Address of the connection. */
  readonly connection: string;
  readonly layer: string;
  readonly stream: number | undefined;
  /** Bytes, as the layer counts them. */
  readonly length: number;
  /** Digest of the bytes, where the trace holds one. */
  readonly digest: string | undefined;
  /**
   * The frame in words: `multistream /secio/1.0.0`, `secio propose`, `noise e, ee, s, es`, `tls ServerHello`,
   * `yamux 1 windowUpdate SYN`, `yamux 1 data`, `mplex 1 closeInitiator`.
   */
  readonly text: string;
}

/** Events that are frames of the wire; the others tell what a layer makes of them. */
const SAID =
  /^(?:multistream\.messages?|secio\.(?:propose|exchange|nonce)|(?:noise|tls)\.handshake|plaintext\.exchange|(?:yamux|mplex)\..+)$/;

/** The frames in `records`, in order; the chunks of the transport are not among them. */
export function framesOf(records: readonly TraceRecord[]): readonly FrameView[] {
  return records.flatMap((record) => {
    if (record.name !== 'frame:encoded' && record.name !== 'frame:decoded') return [];
    const { layer, stream, length, digest, event } = record.data;
    if (layer === 'transport') return [];
    const said = isObject(event) && SAID.test(String(event['type'])) ? event : undefined;
    if (said === undefined && length === 0) return [];
    const base = {
      seq: record.seq,
      timeMs: record.time,
      direction: record.name === 'frame:encoded' ? ('sent' as const) : ('received' as const),
      connection: connectionOf(record.actor),
      layer: String(layer),
      stream: typeof stream === 'number' ? stream : undefined,
      length: Number(length),
      digest: typeof digest === 'string' ? digest : undefined,
    };
    const where = base.stream === undefined ? base.layer : `${base.layer} ${base.stream}`;
    return wordsOf(said).map((words): FrameView => ({ ...base, text: `${where} ${words}` }));
  });
}

/** Whether a frame says something of its own: what a secure channel only carries is seen again further inside. */
export function isSaid({ layer, text }: FrameView): boolean {
  return !(text.endsWith(' data') && ['secio', 'noise', 'tls', 'plaintext', 'protocol'].includes(layer));
}

/** The address of the connection that an actor belongs to; the address itself where it belongs to none. */
export function connectionOf(address: string): string {
  return /^.*?\/conn:\d+(?=\/|$)/.exec(address)?.[0] ?? address;
}

function wordsOf(said: Readonly<Record<string, unknown>> | undefined): readonly string[] {
  if (said === undefined) return ['data'];
  const type = String(said['type']);
  switch (type) {
    case 'multistream.message':
      return [String(said['text'])];
    case 'multistream.messages':
      return namesIn(said['lines']);
    case 'noise.handshake':
      return [namesIn(said['tokens']).join(', ')];
    case 'tls.handshake':
      return [namesIn(said['messages']).join(', ') || 'change_cipher_spec'];
    default: {
      const flags = typeof said['flags'] === 'string' && said['flags'] !== '' ? ` ${said['flags']}` : '';
      return [`${type.slice(type.indexOf('.') + 1)}${flags}`];
    }
  }
}

function namesIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/**
 * Names the fields in the bytes that one side sent on a connection: multistream lines, then what the last of them
 * chose: the frames of secio, noise, TLS or plaintext, and behind plaintext the next lines and the headers of yamux or mplex.
 */
import { LIMITS } from '../../limits.js';
import { decodeVarintPrefixed } from '../../wire/length-prefixed.js';
import { decodeMplexHeader, mplexFlagName } from '../../wire/mplex.js';
import { decodeMultistreamMessage } from '../../wire/multistream.js';
import { decodeNoiseFrame, NOISE_KEY_BYTES, NOISE_LENGTH_BYTES, NOISE_TAG_BYTES } from '../../wire/noise.js';
import { decodeSecioFrame } from '../../wire/secio.js';
import { decodeTlsRecordHeader, tlsContentName } from '../../wire/tls-record.js';
import { decodeVarint } from '../../wire/varint.js';
import { decodeYamuxHeader, yamuxFlagNames, yamuxTypeName, YAMUX_HEADER_BYTES, YAMUX_TYPE } from '../../wire/yamux.js';

/** A run of bytes with a name. */
export interface ByteField {
  readonly start: number;
  /** Behind the last byte. */
  readonly end: number;
  /** Layer, field and, where it is short, the value: `multistream line "/noise"`. */
  readonly name: string;
}

/**
 * Fields of a sender's bytes, in order and without holes. What cannot be read is one field `bytes`. `chosen` is the
 * protocol that was agreed on before the first byte, where one was: a muxer agreed on inside noise is named by no line.
 */
export function fieldsOf(bytes: Uint8Array, chosen = ''): readonly ByteField[] {
  const walk = new Walk(bytes);
  walk.chosen = chosen;
  walk.lines();
  switch (walk.chosen) {
    case '/secio/1.0.0':
      walk.secio();
      break;
    case '/noise':
      walk.noise();
      break;
    case '/tls/1.0.0':
      walk.tls();
      break;
    case '/plaintext/2.0.0':
      walk.plaintext();
      walk.lines();
  }
  // After security the walk can go on only where nothing is encrypted.
  walk.yamux();
  walk.mplex();
  walk.rest();
  return walk.fields;
}

/** Field names of the handshake messages, by number. */
const PROPOSE = ['', 'rand', 'pubkey', 'exchanges', 'ciphers', 'hashes'];
const EXCHANGE = ['', 'epubkey', 'signature'];
const PLAINTEXT = ['', 'id', 'pubkey'];

class Walk {
  readonly fields: ByteField[] = [];
  /** The last protocol that a line named. */
  chosen = '';
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  lines(): void {
    for (;;) {
      const line = attempt(() => decodeMultistreamMessage(this.#bytes, this.#at));
      if (line === undefined) return;
      const prefix = attempt(() => decodeVarint(this.#bytes, this.#at))?.size ?? 1;
      this.#take(prefix, 'multistream length');
      this.#take(line.size - prefix, `multistream line ${JSON.stringify(line.value)}`);
      if (line.value !== '/multistream/1.0.0') this.chosen = line.value;
    }
  }

  secio(): void {
    for (let number = 0; ; number++) {
      const frame = attempt(() => decodeSecioFrame(this.#bytes, LIMITS.secioFrameBytes, this.#at));
      if (frame === undefined) return;
      this.#take(4, 'secio length');
      if (number === 0) this.#message('secio Propose', PROPOSE, frame.value);
      else if (number === 1) this.#message('secio Exchange', EXCHANGE, frame.value);
      else this.#take(frame.value.length, 'secio ciphertext and MAC');
    }
  }

  tls(): void {
    for (;;) {
      const header = decodeTlsRecordHeader(this.#bytes, this.#at);
      if (header === undefined) return;
      const { type, length } = header.value;
      this.#take(header.size, `tls record of ${tlsContentName(type)}`);
      this.#take(Math.min(length, this.#bytes.length - this.#at), 'tls fragment');
    }
  }

  noise(): void {
    let isDialer = false;
    for (let number = 0; ; number++) {
      const length = attempt(() => decodeNoiseFrame(this.#bytes, this.#at))?.value.length;
      if (length === undefined) return;
      this.#take(NOISE_LENGTH_BYTES, 'noise length');
      if (number === 0) isDialer = length === NOISE_KEY_BYTES;
      if (number === 0) this.#take(Math.min(length, NOISE_KEY_BYTES), 'noise e');
      const left = number === 0 ? length - NOISE_KEY_BYTES : length;
      const hasStatic = number === (isDialer ? 1 : 0) && left >= NOISE_KEY_BYTES + NOISE_TAG_BYTES;
      if (hasStatic) this.#take(NOISE_KEY_BYTES + NOISE_TAG_BYTES, 'noise s (encrypted)');
      const rest = hasStatic ? left - NOISE_KEY_BYTES - NOISE_TAG_BYTES : left;
      if (rest <= 0) continue;
      this.#take(Math.max(0, rest - NOISE_TAG_BYTES), hasStatic ? 'noise payload (encrypted)' : 'noise ciphertext');
      this.#take(Math.min(rest, NOISE_TAG_BYTES), 'noise tag');
    }
  }

  plaintext(): void {
    const message = attempt(() => decodeVarintPrefixed(this.#bytes, LIMITS.plaintextMessageBytes, this.#at));
    if (message === undefined) return;
    this.#take(message.size - message.value.length, 'plaintext length');
    this.#message('plaintext Exchange', PLAINTEXT, message.value);
  }

  yamux(): void {
    while (this.chosen === '/yamux/1.0.0') {
      const header = attempt(() => decodeYamuxHeader(this.#bytes, LIMITS.yamuxReceiveFrameBytes, this.#at))?.value;
      if (header === undefined) return;
      const { type, flags, streamId, length } = header;
      this.#take(1, 'yamux version');
      this.#take(1, `yamux type ${yamuxTypeName(type)}`);
      this.#take(2, `yamux flags ${yamuxFlagNames(flags) || 'none'}`);
      this.#take(4, `yamux stream ${streamId}`);
      this.#take(YAMUX_HEADER_BYTES - 8, `yamux length ${length}`);
      if (type === YAMUX_TYPE.data) this.#take(length, `yamux data of stream ${streamId}`);
    }
  }

  mplex(): void {
    const limits = { messageBytes: LIMITS.mplexMessageBytes, nameBytes: LIMITS.mplexStreamNameBytes };
    while (this.chosen === '/mplex/6.7.0') {
      const header = attempt(() => decodeMplexHeader(this.#bytes, limits, this.#at));
      if (header === undefined) return;
      const { flag, streamId, length } = header.value;
      const tag = attempt(() => decodeVarint(this.#bytes, this.#at))?.size ?? 1;
      this.#take(tag, `mplex ${mplexFlagName(flag)} stream ${streamId}`);
      this.#take(header.size - tag, `mplex length ${length}`);
      this.#take(length, `mplex data of stream ${streamId}`);
    }
  }

  rest(): void {
    this.#take(this.#bytes.length - this.#at, 'bytes');
  }

  /** A protobuf whose fields all carry their length; anything else is one field. */
  #message(name: string, names: readonly string[], message: Uint8Array): void {
    const end = this.#at + message.length;
    while (this.#at < end) {
      const tag = this.#bytes[this.#at] ?? 0;
      const field = names[tag >> 3];
      const value = attempt(() => decodeVarintPrefixed(this.#bytes, end - this.#at, this.#at + 1));
      if ((tag & 7) !== 2 || field === undefined || value === undefined) break;
      this.#take(1 + value.size - value.value.length, `${name}.${field} tag and length`);
      this.#take(value.value.length, `${name}.${field}`);
    }
    this.#take(end - this.#at, name);
  }

  #take(size: number, name: string): void {
    const end = Math.min(this.#bytes.length, this.#at + size);
    if (end > this.#at) this.fields.push({ start: this.#at, end, name });
    this.#at = end;
  }
}

/** Bytes that are none of a layer's are no failure here. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

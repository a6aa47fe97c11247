/** The secure channel under a script: sealing and opening single frames, by secio, noise or TLS. */
import type { Opener, Sealer } from '../../../crypto/encrypt-then-mac.js';
import type { ChannelCiphers } from '../../../crypto/noise-state.js';
import { LIMITS } from '../../../limits.js';
import type { Decoded } from '../../../wire/decoded.js';
import { decodeNoiseFrame, NOISE_MAX_MESSAGE_BYTES, NOISE_TAG_BYTES } from '../../../wire/noise.js';
import { decodeSecioFrame } from '../../../wire/secio.js';
import { concat } from '../bytes.js';
import type { Prefix } from './cutting.js';

/** A channel whose keys are made. */
export interface Channel {
  readonly name: 'secio' | 'noise' | 'tls';
  readonly prefix: Prefix;
  /** What one frame holds. */
  readonly plaintextBytes: number;
  /** The content of the frame around `plaintext`. */
  seal(plaintext: Uint8Array): Uint8Array;
  /** The frame at the beginning of `bytes`, without its length; of TLS the whole record, whose header is authentic too. */
  decode(bytes: Uint8Array): Decoded<Uint8Array> | undefined;
  /** The plaintext of what was decoded, or why there is none. */
  open(content: Uint8Array): OpenedFrame;
}

/** A frame that was opened, or why it was not. */
export type OpenedFrame = { readonly plaintext: Uint8Array } | { readonly refused: string };

const NO_DATA = new Uint8Array(0);

/** A noise channel, by the ciphers that the handshake split off. */
export function noiseChannel({ sending, receiving }: ChannelCiphers): Channel {
  return {
    name: 'noise',
    prefix: 'uint16',
    plaintextBytes: NOISE_MAX_MESSAGE_BYTES - NOISE_TAG_BYTES,
    seal: (plaintext) => concat(...sending.encryptWithAd(NO_DATA, [plaintext])),
    decode: (bytes) => decodeNoiseFrame(bytes),
    open: (content) => {
      const plaintext = receiving.decryptWithAd(NO_DATA, content);
      return plaintext === undefined ? { refused: 'its tag is wrong' } : { plaintext };
    },
  };
}

/**
 * A secio channel. The spec does not say how leading zeros of the shared secret are written, so there can be two readings
 * of it: the peer's first frame shows which one is right. Until then we seal by the first, as js does.
 */
export class SecioChannel implements Channel {
  readonly name = 'secio';
  readonly prefix = 'uint32';
  #readings: readonly { readonly sealer: Sealer; readonly opener: Opener }[];

  constructor(readings: readonly { readonly sealer: Sealer; readonly opener: Opener }[]) {
    this.#readings = readings;
  }

  get plaintextBytes(): number {
    return LIMITS.secioSendFrameBytes - (this.#readings[0]?.sealer.macBytes ?? 0);
  }

  seal(plaintext: Uint8Array): Uint8Array {
    return concat(...(this.#readings[0]?.sealer.seal([plaintext]) ?? []));
  }

  decode(bytes: Uint8Array): Decoded<Uint8Array> | undefined {
    return decodeSecioFrame(bytes, LIMITS.secioFrameBytes);
  }

  open(content: Uint8Array): OpenedFrame {
    for (const reading of this.#readings) {
      const opened = reading.opener.open([content]);
      if (opened === 'mac') continue;
      if (opened === 'replay') return { refused: 'it came before' };
      this.#readings = [reading];
      return { plaintext: concat(...opened) };
    }
    return { refused: 'its MAC is wrong' };
  }
}

/** multistream as js-libp2p 0.26 speaks it, from its own bytes: headers alone and first, `ls` in many messages. */
import { expect, test } from '@jest/globals';
import { decodeLegacyMultistreamList, decodeMultistreamMessage, MULTISTREAM_ID } from '../../src/wire/multistream.js';
import { concat, expectDecodes, hex } from '../support/decoding.js';
import { vectors } from '../support/vectors.js';

const { ls } = vectors('multistream/js-libp2p-0.26.json') as {
  readonly ls: { readonly listener: readonly string[]; readonly protocols: readonly string[] };
};

test('the answer to ls: the header, the echo of ls, a count, and each protocol as a message', () => {
  const bytes = concat(...ls.listener.map(hex));
  const header = decodeMultistreamMessage(bytes);
  expect(header?.value).toBe(MULTISTREAM_ID);
  const echo = decodeMultistreamMessage(bytes, header!.size);
  expect(echo?.value).toBe('ls');
  const list = bytes.subarray(header!.size + echo!.size);
  expectDecodes(decodeLegacyMultistreamList, list, ls.protocols);
});

/** Binary multiaddrs that the library reads and cannot write: they are none, and what is told on has a form. */
import { describe, expect, test } from '@jest/globals';
import { decodeIdentify, encodeIdentify } from '../../src/wire/identify.js';
import { multiaddrFromBytes, multiaddrToBytes } from '../../src/wire/multiaddr.js';
import { hex, thrownCode, toHex } from '../support/decoding.js';

const TCP = '047f000001060fa1';

describe.each([
  { name: 'a peer id of one byte', bytes: 'a5030101' },
  { name: 'a peer id whose hash is cut short', bytes: 'a503081220b0a7e091e6' },
  { name: 'an address, then a peer id that is none', bytes: `${TCP}a50304017200ff` },
  { name: 'a path without a slash in front', bytes: '9003062e746d702f61' },
])('$name', ({ bytes }) => {
  test('is no address', () => {
    expect(multiaddrFromBytes(hex(bytes))).toBeUndefined();
  });

  test('is left out of identify, and what was said with it can be told on', () => {
    const size = hex(bytes).length.toString(16).padStart(2, '0');
    const message = decodeIdentify([hex(`12${size}${bytes} 2208${TCP} 22${size}${bytes} 1208${TCP}`)]);
    expect(message).toEqual({
      listenAddresses: ['/ip4/127.0.0.1/tcp/4001'],
      observedAddress: '/ip4/127.0.0.1/tcp/4001',
      protocols: [],
    });
    expect(toHex(encodeIdentify(message))).toBe(`142208${TCP}1208${TCP}`);
  });
});

test.each(['/p2p/2', '/ip4/127.0.0.1/tcp/4001/p2p/39HFt', 'nothing', '/ip4/1.2.3'])(
  'the text %s has no bytes',
  (text) => {
    expect(thrownCode(() => multiaddrToBytes(text))).toBe('ERR_INVALID_ARGUMENT');
  },
);

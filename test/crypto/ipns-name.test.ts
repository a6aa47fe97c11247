import { describe, expect, test } from '@jest/globals';
import {
  ipnsNameText,
  namespaceOf,
  parseIpnsName,
  peerOfRoutingKey,
  routingKeyOf,
} from '../../src/crypto/ipns-name.js';
import { concat, hex, thrownCode, toHex, utf8 } from '../support/decoding.js';
import { vectors } from '../support/vectors.js';

interface Made {
  readonly records: readonly { readonly type: string; readonly peer: string; readonly name: string }[];
}
const { records } = vectors('ipns/boxo.json') as Made;

describe('a name', () => {
  test.each(records)(
    'of a key of type $type is printed as boxo prints it, and read in every form',
    ({ peer, name }) => {
      expect(ipnsNameText(peer)).toBe(name);
      for (const text of [peer, name, `/ipns/${peer}`, `/ipns/${name}`]) expect(parseIpnsName(text)).toBe(peer);
    },
  );

  /** https://specs.ipfs.tech/ipns/ipns-record and docs of Kubo: the same name in other bases. */
  test.each([
    { text: 'k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8' },
    { text: 'bafzaajaiaejcal72gwuz2or47oyxxn6b3rkwdmmkrxgkjxzy3rqt5kczyn7lcm3l' },
    { text: '12D3KooWDBiNTVhtJuHYpxPkJk3uK4ib6aZ4zXfeGmxahkWdLkw3' },
  ])('$text is one', ({ text }) => {
    const peer = parseIpnsName(text);
    expect(parseIpnsName(ipnsNameText(peer))).toBe(peer);
  });

  test.each([
    '',
    '/ipns/',
    'example.org',
    '/ipns/example.org',
    '/ipfs/k51qzi5uqu5dg8cyuj70s3xuuengy16eg3b5rarjpv00nuxbqqu3a5ezi52bs0',
    'bafybeib3ffl2teiqdncv3mkz4r23b5ctrwkzrrhctdbne6iboayxuxk5ui',
    'k51qzi5uqu5dg8cyuj70s3xuuengy16eg3b5rarjpv00nuxbqqu3a5ezi52bs0/a',
    'k'.repeat(5000),
  ])('is none: %p', (text) => {
    expect(thrownCode(() => parseIpnsName(text))).toBe('ERR_IPNS_NAME_INVALID');
  });
});

describe('a routing key', () => {
  const peer = '12D3KooW9x51zkA6EotnEcqeGx67efJ7vR6Zsco1WMkzYcnhttmd';

  test.each(['ipns', 'pk'] as const)('under /%s/ is the prefix and the multihash, in bytes', (namespace) => {
    const key = routingKeyOf(namespace, peer);
    expect(toHex(key).startsWith(`${toHex(utf8(`/${namespace}/`))}002408011220`)).toBe(true);
    expect(peerOfRoutingKey(namespace, key)).toBe(peer);
    expect(namespaceOf(key)).toBe(namespace);
  });

  test.each([
    { name: 'another namespace', key: routingKeyOf('pk', peer) },
    { name: 'no namespace', key: utf8(peer) },
    { name: 'text behind the prefix', key: utf8(`/ipns/${peer}`) },
    { name: 'nothing behind it', key: utf8('/ipns/') },
    { name: 'too much behind it', key: concat(routingKeyOf('ipns', peer), hex('00')) },
    { name: 'no bytes', key: new Uint8Array(0) },
  ])('of a name is not $name', ({ key }) => {
    expect(thrownCode(() => peerOfRoutingKey('ipns', key))).toBe('ERR_PEER_ID_INVALID');
  });

  test.each([
    { key: '', namespace: undefined },
    { key: '/', namespace: undefined },
    { key: '//a', namespace: undefined },
    { key: '/ipns', namespace: undefined },
    { key: 'ipns/a', namespace: undefined },
    { key: '/ipns/', namespace: 'ipns' },
    { key: '/v/hello', namespace: 'v' },
  ])('$key is of the namespace $namespace', ({ key, namespace }) => {
    expect(namespaceOf(utf8(key))).toBe(namespace);
  });
});

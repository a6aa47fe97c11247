import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/limits.js';
import { contentPathText, joinRest, parseContentPath } from '../../src/routing/content-path.js';
import { thrownCode } from '../support/decoding.js';

const V0 = 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG';
const V1 = 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4';
const K51 = 'k51qzi5uqu5dg8cyuj70s3xuuengy16eg3b5rarjpv00nuxbqqu3a5ezi52bs0';
const PEER = '12D3KooW9x51zkA6EotnEcqeGx67efJ7vR6Zsco1WMkzYcnhttmd';

test.each([
  { text: `/ipfs/${V1}`, kind: 'content', canonical: `/ipfs/${V1}` },
  { text: `/ipfs/${V0}/a/b`, kind: 'content', canonical: `/ipfs/${V0}/a/b` },
  { text: V1, kind: 'content', canonical: `/ipfs/${V1}` },
  { text: V0, kind: 'content', canonical: `/ipfs/${V0}` },
  { text: `/ipfs/${V1}/`, kind: 'content', canonical: `/ipfs/${V1}/` },
  { text: `/ipns/${K51}`, kind: 'name', canonical: `/ipns/${K51}` },
  { text: `/ipns/${PEER}/a`, kind: 'name', canonical: `/ipns/${K51}/a` },
  { text: K51, kind: 'name', canonical: `/ipns/${K51}` },
  { text: '/ipns/example.org', kind: 'domain', canonical: '/ipns/example.org' },
  { text: '/ipns/Docs.IPFS.tech./a/B', kind: 'domain', canonical: '/ipns/docs.ipfs.tech/a/B' },
  { text: '/ipns/_x.xn--bcher-kva.example', kind: 'domain', canonical: '/ipns/_x.xn--bcher-kva.example' },
])('$text is $canonical', ({ text, kind, canonical }) => {
  const path = parseContentPath(text);
  expect({ kind: path.kind, canonical: contentPathText(path) }).toEqual({ kind, canonical });
});

test.each([
  '',
  '/',
  '/ipfs',
  '/ipfs/',
  '/ipns/',
  '/ipfs//a',
  '/ipfs/example.org',
  '/ipld/bafkqaaa',
  'ipfs/bafkqaaa',
  ' /ipfs/bafkqaaa',
  PEER,
  'example.org',
  '/ipns/localhost',
  '/ipns/-a.example',
  '/ipns/a..example',
  '/ipns/exa mple.org',
  `/ipns/${V1}`,
  `/ipns/${'a'.repeat(64)}.example`,
  `/ipns/${'abc.'.repeat(64)}example`,
  '/ipfs/bafkqaaaa',
])('%p is no path', (text) => {
  expect(thrownCode(() => parseContentPath(text))).toBe('ERR_IPNS_VALUE_INVALID');
});

describe('bounds', () => {
  test('a root has as many characters as the limit, and no more', () => {
    const limits = { ...LIMITS, ipnsCidChars: V1.length };
    expect(parseContentPath(`/ipfs/${V1}/a`, limits).kind).toBe('content');
    expect(thrownCode(() => parseContentPath(`/ipfs/${V1}/a`, { ...limits, ipnsCidChars: V1.length - 1 }))).toBe(
      'ERR_IPNS_VALUE_INVALID',
    );
    expect(thrownCode(() => parseContentPath(`/ipfs/Qm${'a'.repeat(9000)}`))).toBe('ERR_IPNS_VALUE_INVALID');
  });

  test('a path has as many as a record, and no more', () => {
    const sized = (chars: number) => `/ipfs/${V1}/${'a'.repeat(chars - V1.length - 7)}`;
    expect(contentPathText(parseContentPath(sized(10_240))).length).toBe(10_240);
    expect(thrownCode(() => parseContentPath(sized(10_241)))).toBe('ERR_IPNS_VALUE_INVALID');
  });
});

test.each([
  { value: `/ipfs/${V1}`, rest: '', joined: `/ipfs/${V1}` },
  { value: `/ipfs/${V1}`, rest: '/a', joined: `/ipfs/${V1}/a` },
  { value: `/ipfs/${V1}/x`, rest: '/a/', joined: `/ipfs/${V1}/x/a/` },
  { value: `/ipfs/${V1}/`, rest: '/a', joined: `/ipfs/${V1}/a` },
  { value: `/ipfs/${V1}/`, rest: '', joined: `/ipfs/${V1}/` },
])('$value with $rest behind it is $joined', ({ value, rest, joined }) => {
  expect(contentPathText(joinRest(parseContentPath(value), rest))).toBe(joined);
});

import { expect, test } from '@jest/globals';
import { EngineError } from '../../src/errors.js';
import type { Resolver } from '../../src/ports.js';
import { contentPathText } from '../../src/routing/content-path.js';
import { resolveDnslink } from '../../src/routing/dnslink.js';

const asked: string[] = [];
const resolverOf = (records: readonly string[] | EngineError): Resolver => ({
  resolveTxt: (name) => {
    asked.push(name);
    return records instanceof EngineError ? Promise.reject(records) : Promise.resolve(records);
  },
  resolve4: () => Promise.reject(new Error('nobody asks')),
  resolve6: () => Promise.reject(new Error('nobody asks')),
});

/** The forms of https://dnslink.dev and of boxo's namesys/dns_resolver_test.go. */
test.each([
  { name: 'a link to content', records: ['dnslink=/ipfs/bafkqaaa'], path: '/ipfs/bafkqaaa' },
  { name: 'with a path', records: ['dnslink=/ipfs/bafkqaaa/a/b'], path: '/ipfs/bafkqaaa/a/b' },
  { name: 'a bare CID of old', records: ['dnslink=bafkqaaa'], path: '/ipfs/bafkqaaa' },
  { name: 'a link to a domain', records: ['dnslink=/ipns/docs.ipfs.tech'], path: '/ipns/docs.ipfs.tech' },
  {
    name: 'beside other records',
    records: ['v=spf1 -all', 'dnslink=/ipfs/bafkqaaa', 'dnslink'],
    path: '/ipfs/bafkqaaa',
  },
  { name: 'beside links of others', records: ['dnslink=/swarm/abc', 'dnslink=/ipfs/bafkqaaa'], path: '/ipfs/bafkqaaa' },
  { name: 'twice the same', records: ['dnslink=/ipfs/bafkqaaa', 'dnslink=bafkqaaa'], path: '/ipfs/bafkqaaa' },
])('$name', async ({ records, path }) => {
  expect(contentPathText(await resolveDnslink(resolverOf(records), 'example.org'))).toBe(path);
  expect(asked.at(-1)).toBe('_dnslink.example.org');
});

const failing = new EngineError('ERR_RESOLVE_FAILED', 'remote', 'no server');
test.each([
  { name: 'no records', records: [], code: 'ERR_DNSLINK_NOT_FOUND' },
  {
    name: 'none that is a link',
    records: ['hello', 'dnslink=', 'xdnslink=/ipfs/bafkqaaa'],
    code: 'ERR_DNSLINK_NOT_FOUND',
  },
  { name: 'one that is no path', records: ['dnslink=/ipfs/nonsense'], code: 'ERR_DNSLINK_NOT_FOUND' },
  {
    name: 'two that differ',
    records: ['dnslink=/ipfs/bafkqaaa', 'dnslink=/ipfs/bafkqaddwgevxmmraojswg33smq'],
    code: 'ERR_DNSLINK_AMBIGUOUS',
  },
  { name: 'a server that fails', records: failing, code: 'ERR_RESOLVE_FAILED' },
])('fails for $name', async ({ records, code }) => {
  await expect(resolveDnslink(resolverOf(records), 'example.org')).rejects.toMatchObject({ code });
});

test('as many records are looked at as the limit, and no more', async () => {
  const at = (index: number) => [...Array.from({ length: index }, () => 'x'), 'dnslink=/ipfs/bafkqaaa'];
  await expect(resolveDnslink(resolverOf(at(99)), 'example.org')).resolves.toMatchObject({ kind: 'content' });
  await expect(resolveDnslink(resolverOf(at(100)), 'example.org')).rejects.toMatchObject({
    code: 'ERR_DNSLINK_NOT_FOUND',
  });
});

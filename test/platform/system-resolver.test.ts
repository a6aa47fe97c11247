/** Names as the system has them, and TXT records from a DNS server of this test (RFC 1035). */
import { afterEach, expect, test } from '@jest/globals';
import { createSocket, type Socket } from 'node:dgram';
import { dnsResolver, systemResolver } from '../../src/platform/system-resolver.js';

const servers: Socket[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Answers every question with these TXT records, or with an error code. */
async function dnsServer(records: readonly (readonly string[])[], errorCode = 0): Promise<string> {
  const server = createSocket('udp4');
  servers.push(server);
  server.on('message', (query, from) => {
    const question = query.subarray(12, query.indexOf(0, 12) + 5);
    const head = Buffer.from(query.subarray(0, 12));
    head.writeUInt16BE(0x8180 | errorCode, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    head.fill(0, 8);
    const answers = records.map((strings) => {
      const data = Buffer.concat(strings.map((text) => Buffer.concat([Buffer.of(text.length), Buffer.from(text)])));
      // A pointer to the question's name, TXT, IN, a minute, the length.
      return Buffer.concat([Buffer.of(0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, data.length >> 8, data.length & 0xff), data]);
    });
    server.send(Buffer.concat([head, question, ...answers]), from.port, from.address);
  });
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
  return `127.0.0.1:${server.address().port}`;
}

test('the strings of a TXT record are one text', async () => {
  const resolver = dnsResolver([await dnsServer([['dnsaddr=/ip4/', '1.2.3.4/tcp/1'], ['other']])]);
  expect(await resolver.resolveTxt('_dnsaddr.a.example')).toEqual(['dnsaddr=/ip4/1.2.3.4/tcp/1', 'other']);
});

test('a name that does not exist, and one without such a record, have no answers', async () => {
  expect(await dnsResolver([await dnsServer([], 3)]).resolveTxt('_dnsaddr.a.example')).toEqual([]);
  expect(await dnsResolver([await dnsServer([])]).resolveTxt('_dnsaddr.a.example')).toEqual([]);
});

test('a server that fails is told', async () => {
  await expect(dnsResolver([await dnsServer([], 2)]).resolveTxt('_dnsaddr.a.example')).rejects.toMatchObject({
    code: 'ERR_RESOLVE_FAILED',
    blame: 'remote',
    message: expect.stringMatching(/^dns: _dnsaddr\.a\.example: .*ESERVFAIL/) as unknown,
  });
});

test('localhost is this machine', async () => {
  expect(await systemResolver.resolve4('localhost')).toContain('127.0.0.1');
});

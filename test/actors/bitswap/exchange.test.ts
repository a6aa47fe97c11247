/** Two nodes and more that trade blocks, over every version of the protocol. */
import { expect, test } from '@jest/globals';
import { FakeNetwork, V100, V110, V120, type FakeNode } from './fake-network.js';
import { blocks } from './fixtures.js';

function pair(options = {}): { network: FakeNetwork; client: FakeNode; server: FakeNode } {
  const network = new FakeNetwork();
  const client = network.add('client');
  const server = network.add('server', options);
  for (const node of [client, server]) node.bitswap.start();
  return { network, client, server };
}

test('a block is found and fetched', async () => {
  const { network, client, server } = pair();
  const content = blocks(1, 10_000);
  await server.store.putMany(content);
  network.connect(client, server);
  const session = client.bitswap.createSession();
  await expect(session.want(content[0]!.cid)).resolves.toEqual(content[0]!.bytes);
  await session.flush();
  expect(await client.store.get(content[0]!.cid)).toEqual(content[0]!.bytes);
});

test.each([V120, V110, V100])('%s: 3,000 blocks of many sizes come whole', async (protocol) => {
  const { network, client, server } = pair({ protocols: [protocol] });
  const content = [...blocks(2_990, 256), ...blocks(8, 300_000, 'large'), ...blocks(2, 2 * 1024 * 1024, 'largest')];
  await server.store.putMany(content);
  network.connect(client, server);
  const session = client.bitswap.createSession();
  const got = await Promise.all(content.map(({ cid }) => session.want(cid)));
  expect(got.every((bytes, index) => Buffer.compare(bytes, content[index]!.bytes) === 0)).toBe(true);
  await session.flush();
  expect(await client.store.getMany(content.map(({ cid }) => cid))).not.toContain(undefined);
  expect(session.stats).toMatchObject({ blocks: 3_000, duplicates: 0 });
  expect(session.openWants).toBe(0);
});

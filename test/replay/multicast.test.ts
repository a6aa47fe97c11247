/** A recorded node that hears its neighbours over multicast DNS goes the same way again. */
import { describe, expect, test } from '@jest/globals';
import { filter, firstValueFrom } from 'rxjs';
import { systemClock } from '../../src/platform/system-clock.js';
import { replayTrace } from '../../src/replay/index.js';
import { MemoryLan } from '../../src/sim/memory-lan.js';
import { GROUP, later, of, running, STRANGER } from './network-servers.js';
import { all, countsOf, expectSame, recordedTrace } from './recorded-use.js';

const LOOPBACK = '/ip4/127.0.0.1/tcp/0';

describe('multicast DNS', () => {
  const lan = (): MemoryLan => new MemoryLan({ clock: systemClock });
  const routing = { mdns: { loopback: true } } as const;

  test('a neighbour is found, dialed and asked; a datagram that is none and a lost socket are told too', async () => {
    const network = lan();
    const neighbour = await running({ routing, datagrams: network.host('192.168.0.2') });
    const trace = await recordedTrace(
      { routing, listen: [LOOPBACK], datagrams: network.host('192.168.0.1') },
      async (node) => {
        const connected = firstValueFrom(
          node.events$.pipe(filter((event) => event.type === 'peer.connected' && event.peer === neighbour.peerId)),
        );
        await connected;
        network.inject(Uint8Array.of(1, 2, 3), STRANGER, GROUP);
        await later();
        expect(await all(node.routing.findPeer(neighbour.peerId))).toMatchObject([
          { source: 'mdns', peer: { id: neighbour.peerId } },
        ]);
        network.setDown(true);
      },
    );
    expect(countsOf(trace, 'udp')).toMatchObject({ 'udp:open': 1, 'udp:opened': 1, 'udp:failed': 1 });
    expect(of(trace, 'udp:open')[0]?.data).toEqual({ udp: 1, port: 5353, group: '224.0.0.251' });
    expect(of(trace, 'udp:received')).toContainEqual(
      expect.objectContaining({
        actor: '/node/udp',
        data: expect.objectContaining({ address: '192.168.0.9', port: 5353, raw: { length: 3, data: '010203' } }),
      }),
    );
    await expectSame(trace);
  }, 60_000);

  test('a node that leaves its group says when the socket was gone', async () => {
    const datagrams = lan().host('192.168.0.1');
    const trace = await recordedTrace({ routing, listen: [LOOPBACK], datagrams }, later);
    expect(countsOf(trace, 'udp')).toMatchObject({ 'udp:close': 1, 'udp:closed': 1 });
    await expectSame(trace);
  });

  test('a replay that hears another datagram leaves the trace, and says where', async () => {
    const network = lan();
    await running({ routing, datagrams: network.host('192.168.0.2') });
    const trace = await recordedTrace({ routing, listen: [LOOPBACK], datagrams: network.host('192.168.0.1') }, (node) =>
      firstValueFrom(node.events$.pipe(filter(({ type }) => type === 'peer.connected'))),
    );
    const records = trace.records.map((record) =>
      record.name === 'udp:received' ? { ...record, data: { ...record.data, raw: { length: 1, data: '00' } } } : record,
    );
    const { ok, difference } = await replayTrace({ ...trace, records });
    expect([ok, difference?.expected !== undefined]).toEqual([false, true]);
  });
});

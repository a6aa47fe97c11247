/** rust-libp2p's rendezvous against itself, so that a failure of another suite is known to be ours and not theirs. */
import { afterEach, expect, jest, test } from '@jest/globals';
import { startPeer, type Peer } from '../peers/peers.js';
import { suiteFor } from '../support/live-suites.js';

jest.setTimeout(300_000);

const suite = await suiteFor('rust-rendezvous');

suite('rust at a point of rust', () => {
  const started: Peer[] = [];
  const start = async (...args: string[]): Promise<Peer> => {
    const peer = await startPeer('rust-rendezvous', args);
    started.push(peer);
    return peer;
  };
  afterEach(async () => {
    await Promise.all(started.splice(0).map((peer) => peer.stop()));
  });

  test('registers, is found, and unregisters', async () => {
    const [point, alice, bob] = await Promise.all([start('--per-peer', '1'), start(), start()]);
    const at = { point: point.peerId };
    for (const peer of [alice, bob]) await peer.request('dial', { address: point.addresses[0] });
    expect(await alice.request('register', { ...at, namespace: 'meeting' })).toMatchObject({ ttl: 7200 });
    await expect(alice.request('register', { ...at, namespace: 'another' })).rejects.toThrow('Unavailable');
    await expect(alice.request('register', { ...at, namespace: 'short', ttl: 60 })).rejects.toThrow();
    const found = await bob.request('discover', { ...at, namespace: 'meeting' });
    expect(found['registrations']).toEqual([
      {
        peerId: alice.peerId,
        namespace: 'meeting',
        ttl: 7200,
        addresses: [alice.addresses[0].replace(/\/p2p\/.*/, '')],
      },
    ]);
    const later = await bob.request('discover', { ...at, namespace: 'meeting', cookie: found['cookie'] });
    expect(later['registrations']).toEqual([]);
    await alice.request('unregister', { ...at, namespace: 'meeting' });
    while (!point.events.some(({ event }) => event === 'peerUnregistered')) await bob.request('discover', at);
    expect((await bob.request('discover', at))['registrations']).toEqual([]);
  });

  test('a command that it does not know, and a flag', async () => {
    const peer = await start();
    await expect(peer.request('nonsense')).rejects.toThrow('unknown command nonsense');
    await expect(start('--no-such-flag')).rejects.toThrow(/is gone[^]*no-such-flag/);
  });
});

/** `@libp2p/mdns` 12 as the judge of mDNS: it finds us and we find it, by multicast on loopback. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { filter, firstValueFrom, map } from 'rxjs';
import { Environment } from '../../src/actors/environment.js';
import { systemClock } from '../../src/platform/system-clock.js';
import { systemRandom } from '../../src/platform/system-random.js';
import { udpDatagrams } from '../../src/platform/udp-datagrams.js';
import { Mdns } from '../../src/routing/mdns/mdns.js';
import { startPeer, type Peer } from '../peers/peers.js';
import { invented } from '../support/invented-peers.js';
import { freeMulticastPort, multicastHere } from '../support/multicast.js';

const multicast = await multicastHere();
if (!multicast.works) console.warn(`@libp2p/mdns skipped: ${multicast.reason}`);

(multicast.works ? describe : describe.skip)('with @libp2p/mdns', () => {
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0)) await stop();
  });

  function ours(port: number): { readonly mdns: Mdns; readonly environment: Environment } {
    const environment = new Environment({ clock: systemClock, random: systemRandom, ciphers: {} as never });
    const mdns = new Mdns(environment, {
      datagrams: udpDatagrams,
      peer: invented(1),
      addresses: () => [`/ip4/127.0.0.1/tcp/4002/p2p/${invented(1)}`, '/ip4/10.1.2.3/tcp/4002'],
      loopback: true,
      port,
      interfaces: ['127.0.0.1'],
    });
    running.push(() => mdns.stop());
    return { mdns, environment };
  }

  async function theirs(port: number, intervalMs: number): Promise<Peer> {
    const peer = await startPeer('js-lan', ['--mdns-port', String(port), '--mdns-interval', String(intervalMs)]);
    running.push(() => peer.stop());
    return peer;
  }

  /** What it says when it has found us. */
  async function foundBy(peer: Peer): Promise<unknown> {
    for (;;) {
      const found = peer.events.find(({ event }) => event === 'found');
      if (found !== undefined) return found['peer'];
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  const itself = (peer: Peer) => ({ id: peer.peerId, addresses: ['/ip4/127.0.0.1/tcp/4001'] });
  const us = { peerId: invented(1), addresses: ['/ip4/127.0.0.1/tcp/4002', '/ip4/10.1.2.3/tcp/4002'] };

  test('each finds the other', async () => {
    const port = await freeMulticastPort();
    const { mdns, environment } = ours(port);
    const heard = firstValueFrom(mdns.peers$);
    mdns.start();
    const peer = await theirs(port, 1_000);
    expect(await heard).toEqual({ source: 'mdns', peer: itself(peer) });
    expect(await foundBy(peer)).toEqual(us);
    expect(mdns.counts).toMatchObject({ malformed: 0, flooded: 0, refused: 0 });
    await mdns.stop();
    expect(environment.liveActors).toBe(0);
  });

  test('we find one that was there before and asks no more, by looking for it', async () => {
    const port = await freeMulticastPort();
    const peer = await theirs(port, 3_600_000);
    const { mdns } = ours(port);
    mdns.start();
    const found = mdns.findPeer(peer.peerId).pipe(map((answer) => answer.peer));
    expect(await firstValueFrom(found)).toEqual(itself(peer));
    // And it us, for we answer our own question.
    expect(await foundBy(peer)).toEqual(us);
  });

  test('two of ours and one of theirs', async () => {
    const port = await freeMulticastPort();
    const [one, two] = [ours(port).mdns, ours(port).mdns];
    const peer = await theirs(port, 1_000);
    const heard = [one, two].map((mdns) =>
      firstValueFrom(mdns.peers$.pipe(filter(({ peer: { id } }) => id === peer.peerId))),
    );
    one.start();
    two.start();
    expect((await Promise.all(heard)).map((found) => found.peer)).toEqual([itself(peer), itself(peer)]);
  });
});

/** Kubo as the judge of what nodes tell of themselves: its signed record holds, ours is taken, pushes are heard. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { filter, firstValueFrom, map } from 'rxjs';
import type { HostEvent } from '../../src/index.js';
import { startPeer, type Peer } from '../peers/peers.js';
import { liveNode } from '../support/live-node.js';
import { suiteFor } from '../support/live-suites.js';

const suite = await suiteFor('go-modern');

suite('Kubo and what it is told', () => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await startPeer('go-modern');
  });
  afterAll(() => peer.stop());

  test('its signed record holds', async () => {
    const node = await liveNode();
    const refused: HostEvent[] = [];
    node.events$.subscribe((event) => event.type === 'record.refused' && refused.push(event));
    const signed = firstValueFrom(
      node.peers.changes$.pipe(
        filter(({ id }) => id === peer.peerId),
        map(({ after }) => after?.addresses.filter(({ source }) => source === 'signed') ?? []),
        filter((addresses) => addresses.length > 0),
      ),
    );
    await peer.request('dial', { address: node.addresses[0] });
    const ours = peer.addresses.map((address) => address.replace(/\/p2p\/.*$/, ''));
    expect((await signed).map(({ address }) => address)).toEqual(expect.arrayContaining(ours));
    expect(refused).toEqual([]);
  });

  test('it hears of a handler that we register', async () => {
    const node = await liveNode();
    const address = node.addresses[0];
    const protocols = async (): Promise<readonly string[]> =>
      (await peer.request('identify', { address }))['protocols'] as readonly string[];
    expect(await protocols()).toContain('/ipfs/id/push/1.0.0');
    node.registerHandle('/pushed/1.0.0', () => undefined);
    const pushed = node.transitions$.pipe(filter(({ machine, to }) => machine === 'identifyPush' && to === 'pushed'));
    await firstValueFrom(pushed);
    // It answers from what it knows, without asking us again.
    while (!(await protocols()).includes('/pushed/1.0.0'));
    expect(node.connections().length).toBe(1);
  });
});

/** Kubo's DHT against itself and js-libp2p's, so that a failure of another suite is known to be ours and not theirs. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base58btc } from 'multiformats/bases/base58';
import { startPeer, type Peer, type PeerName } from '../peers/peers.js';
import { suiteFor } from '../support/live-suites.js';

jest.setTimeout(300_000);

const LAN = '/ipfs/lan/kad/1.0.0';
const suite = await suiteFor('go-modern');

suite('Kubo with a DHT on loopback', () => {
  const started: Peer[] = [];
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kubo-dht-'));
  });
  const start = async (name: PeerName, ...args: string[]): Promise<Peer> => {
    const peer = await startPeer(name, args);
    started.push(peer);
    return peer;
  };
  afterEach(async () => {
    await Promise.all(started.splice(0).map((peer) => peer.stop()));
    rmSync(folder, { recursive: true, force: true });
  });
  const idsOf = (peers: unknown): readonly string[] =>
    (peers as readonly { readonly peerId: string }[]).map(({ peerId }) => peerId);

  test('finds Kubo: peers, providers, names', async () => {
    const [first, second, third] = await Promise.all([
      start('go-modern', '--dht', 'server'),
      start('go-modern', '--dht', 'server'),
      start('go-modern', '--dht', 'server'),
    ]);
    await first.request('connect', { address: second.addresses[0] });
    await third.request('connect', { address: second.addresses[0] });
    for (const peer of [first, second, third]) await peer.request('waitTables', { n: 1 });
    expect(await third.request('findPeer', { peerId: first.peerId })).toMatchObject({ peerId: first.peerId });

    writeFileSync(join(folder, 'content'), 'what Kubo provides');
    const { cid } = await first.request('addFile', { path: join(folder, 'content') });
    await first.request('provide', { cid });
    const { providers } = await third.request('findProviders', { cid, enough: 1 });
    expect(idsOf(providers)).toEqual([first.peerId]);
    // Without an address: it is found.
    expect(await third.request('get', { cid })).toMatchObject({ bytes: 18 });

    const path = `/ipfs/${String(cid)}`;
    const { name } = await first.request('publishName', { path });
    expect(await third.request('resolveName', { name })).toMatchObject({ path });
  });

  test('talks to nodes of js-libp2p on the id of the local network', async () => {
    const [kubo, js] = await Promise.all([
      start('go-modern', '--dht', 'server'),
      start('js-kad', '--nodes', '3', '--protocol', LAN),
    ]);
    await js.request('mesh');
    await js.request('connect', { address: kubo.addresses[0], node: 0 });
    await kubo.request('waitTables', { n: 1 });
    await js.request('waitTables', { n: 1, node: 0 });
    writeFileSync(join(folder, 'content'), 'what Kubo tells js-libp2p of');
    const { cid } = await kubo.request('addFile', { path: join(folder, 'content') });
    await kubo.request('provide', { cid });
    expect(idsOf((await js.request('findProviders', { cid, node: 2 }))['providers'])).toEqual([kubo.peerId]);
    const other = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';
    await js.request('provide', { cid: other, node: 2 });
    const { providers } = await kubo.request('findProviders', { cid: other, enough: 1 });
    expect(idsOf(providers)).toHaveLength(1);

    // A name of Kubo's is a value that both hold for good.
    await kubo.request('publishName', { path: `/ipfs/${String(cid)}` });
    const key = Buffer.concat([Buffer.from('/ipns/'), base58btc.decode(`z${kubo.peerId}`)]).toString('base64');
    const { value } = await js.request('getValue', { key, node: 2 });
    expect(await kubo.request('getValue', { key })).toMatchObject({ value });
    await kubo.request('putValue', { key, value });
    await js.request('putValue', { key, value, node: 1 });
  });
});

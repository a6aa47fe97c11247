/** Kubo and us in one DHT, each finding what the other provides; and the command line, which is told nothing but where Kubo is. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom, toArray, type Observable } from 'rxjs';
import { peerIdToBytes as peerBytes } from '../../src/crypto/peer-id.js';
import { parseCid } from '../../src/dag/cid.js';
import { createNode } from '../../src/create-node.js';
import type { Host } from '../../src/host/host.js';
import { startPeer, type Peer } from '../peers/peers.js';
import { swarmchart } from '../support/command-line.js';
import { suiteFor } from '../support/live-suites.js';

jest.setTimeout(300_000);

const suite = await suiteFor('go-modern');
const all = <Answer>(answers: Observable<Answer>): Promise<Answer[]> => lastValueFrom(answers.pipe(toArray()));

suite("Kubo's DHT and ours, on loopback", () => {
  const started: Peer[] = [];
  const nodes: Host[] = [];
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kubo-dht-'));
  });
  afterEach(async () => {
    await Promise.all([...started.splice(0).map((peer) => peer.stop()), ...nodes.splice(0).map((node) => node.stop())]);
    rmSync(folder, { recursive: true, force: true });
  });
  const kubo = async (): Promise<Peer> => {
    const peer = await startPeer('go-modern', ['--dht', 'server']);
    started.push(peer);
    return peer;
  };
  /** Two of Kubo that know each other. */
  const pair = async (): Promise<readonly [Peer, Peer]> => {
    const [first, second] = await Promise.all([kubo(), kubo()]);
    await first.request('connect', { address: second.addresses[0] });
    await Promise.all([first, second].map((peer) => peer.request('waitTables', { n: 1 })));
    return [first, second];
  };
  /** A node of ours in the DHT of the local network, that knows one of theirs. */
  const ours = async (bootstrap: Peer): Promise<Host> => {
    const node = await createNode({ bootstrap: [bootstrap.addresses[0]], routing: { lanDht: { mode: 'server' } } });
    nodes.push(node);
    const { table } = node.dhts[0]!.routing;
    await new Promise<void>((resolve) => {
      const heard = table.events$.subscribe(() => {
        if (table.size === 0) return;
        heard.unsubscribe();
        resolve();
      });
    });
    return node;
  };

  test('we find what Kubo provides, and fetch it from who provides it', async () => {
    const [first, second] = await pair();
    writeFileSync(join(folder, 'content'), 'what Kubo provides to us');
    const { cid } = (await first.request('addFile', { path: join(folder, 'content') })) as { readonly cid: string };
    await first.request('provide', { cid });
    const node = await ours(second);
    const found = await all(node.routing.findProviders(parseCid(cid)));
    expect(found.map(({ source, provider }) => [source, provider.id])).toEqual([['lan-dht', first.peerId]]);
    const chunks: Uint8Array[] = [];
    for await (const chunk of node.cat(cid)) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('what Kubo provides to us');
    expect((await all(node.routing.findPeer(first.peerId))).at(-1)?.peer.id).toBe(first.peerId);
  });

  test('Kubo finds what we provide, and fetches it from us', async () => {
    const [first, second] = await pair();
    const node = await ours(first);
    const added = await node.add(
      (async function* () {
        yield new TextEncoder().encode('what we provide to Kubo');
      })(),
    );
    expect(await all(node.routing.provide(added.cid))).not.toEqual([]);
    const cid = added.cid.toString();
    const { providers } = (await second.request('findProviders', { cid, enough: 1 })) as unknown as {
      readonly providers: readonly { readonly peerId: string }[];
    };
    expect(providers.map(({ peerId }) => peerId)).toEqual([node.peerId]);
    expect(await second.request('get', { cid })).toMatchObject({ bytes: 23 });
    expect(await second.request('findPeer', { peerId: node.peerId })).toMatchObject({ peerId: node.peerId });
  });

  test('a name that Kubo published is a value that we find', async () => {
    const [first, second] = await pair();
    writeFileSync(join(folder, 'content'), 'what the name leads to');
    const { cid } = (await first.request('addFile', { path: join(folder, 'content') })) as { readonly cid: string };
    const path = `/ipfs/${cid}`;
    const { name } = (await first.request('publishName', { path })) as { readonly name: string };
    expect(name).not.toBe('');
    const node = await ours(second);
    const key = Buffer.concat([Buffer.from('/ipns/'), Buffer.from(peerBytes(first.peerId))]);
    const values = await all(node.routing.getValue(key));
    expect(Buffer.from(values.at(-1)!.value).toString('latin1')).toContain(path);
  });

  test('swarmchart get CID, told only where one of the others is', async () => {
    const [first, second] = await pair();
    const bytes = createHash('sha512').update('a file of Kubo').digest();
    writeFileSync(join(folder, 'content'), Buffer.concat(Array.from({ length: 5_000 }, () => bytes)));
    const { cid } = (await first.request('addFile', { path: join(folder, 'content') })) as { readonly cid: string };
    await first.request('provide', { cid });
    const output = join(folder, 'output');
    const options = ['--repo', join(folder, 'repo'), '--lan', '--bootstrap', second.addresses[0]];
    const ended = await swarmchart('get', cid, '-o', output, ...options);
    expect(ended).toMatchObject({ code: 0 });
    expect(readFileSync(output).equals(readFileSync(join(folder, 'content')))).toBe(true);
    const asked = await swarmchart('dht', 'find-providers', cid, '--json', ...options);
    expect(asked).toMatchObject({ code: 0 });
    const lines = asked.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly type: string; readonly id?: string; readonly outcome?: string });
    expect(lines.filter(({ type }) => type === 'peer').map(({ id }) => id)).toEqual([first.peerId]);
    expect(lines.map(({ type }) => type)).toContain('peer.asked');
  });
});

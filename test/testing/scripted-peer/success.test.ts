/** Scripts that do what they should: every security, both roles, memory and TCP, in every chunking. */
import { describe, expect, test } from '@jest/globals';
import { createNode } from '../../../src/create-node.js';
import type { Host } from '../../../src/host/host.js';
import {
  saved,
  scriptedPeer,
  tcp,
  tcpListener,
  type Chunking,
  type Steps,
} from '../../../src/testing/scripted-peer/index.js';
import { pattern } from '../../support/streams.js';
import { scene } from './world.js';

const PAYLOAD = pattern(32, 9);
const SECURITIES = ['noise', 'secio', 'plaintext', 'tls'] as const;
type Security = (typeof SECURITIES)[number];
const IDS = { noise: '/noise', secio: '/secio/1.0.0', plaintext: '/plaintext/2.0.0', tls: '/tls/1.0.0' } as const;

/** From the bare connection to yamux, as the side that dials or the one that listens. */
function upgrade(script: Steps, security: Security, role: 'dialer' | 'listener'): Steps {
  const agree = (steps: Steps, protocol: string): Steps =>
    role === 'dialer' ? steps.multistream.negotiate(protocol) : steps.multistream.accept(protocol);
  const agreed = agree(script, IDS[security]);
  const secured: Steps = {
    noise: () => agreed.noise.handshake(),
    secio: () => agreed.secio.handshake(),
    plaintext: () => agreed.plaintext.handshake(),
    tls: () => agreed.tls.handshake(),
  }[security]();
  return agree(secured, '/yamux/1.0.0');
}

/** Identify both ways, a ping and an echo, on streams that we open and one that the node opens. */
function exchange(script: Steps): Steps {
  return script.yamux
    .accept('/ipfs/id/1.0.0', { name: 'asked' })
    .sendIdentify({ agentVersion: 'script/1', protocols: ['/ipfs/ping/1.0.0'] })
    .fin()
    .yamux.open('ping')
    .expectAck()
    .negotiate('/ipfs/ping/1.0.0')
    .sendBytes(PAYLOAD)
    .expectBytes(PAYLOAD)
    .fin()
    .expectFin()
    .yamux.open('identify')
    .negotiate('/ipfs/id/1.0.0')
    .expectIdentify(
      { agentVersion: 'swarmchart/0.1.0', protocols: (all) => all.includes('/echo/1.0.0') },
      { as: 'node' },
    )
    .expectFin()
    .fin()
    .yamux.open('echo')
    .negotiate('/echo/1.0.0')
    .sendBytes(pattern(600, 1))
    .expectBytes(600, { as: 'echo' })
    .sendBytes(saved('echo'), { flags: 'FIN' })
    .expectBytes(pattern(600, 1))
    .expectFin();
}

async function expectUsed(node: Host, remotePeer: string): Promise<void> {
  const identify = await node.identify(remotePeer);
  expect(identify).toMatchObject({ agentVersion: 'script/1', protocols: ['/ipfs/ping/1.0.0'] });
}

describe.each(SECURITIES)('%s in memory', (security) => {
  test('we dial: identify both ways, ping, echo', async () => {
    const { play, dialer, node, events } = await scene();
    const outcome = await play(exchange(upgrade(dialer(), security, 'dialer')));
    expect(outcome.remotePeer).toBe(node.peerId);
    expect(outcome.saved['node']).toMatchObject({ protocolVersion: 'ipfs/0.1.0' });
    expect(events.filter(({ type }) => type === 'connection.failed' || type === 'stream.failed')).toEqual([]);
    expect(events.find((event) => event.type === 'peer.connected')).toEqual({
      type: 'peer.connected',
      peer: outcome.localPeer,
    });
  });

  test('they dial: identify both ways, ping, echo', async () => {
    const { playDialed, listener, node } = await scene({ security: [security] });
    const { outcome, dialed } = await playDialed(exchange(upgrade(listener(), security, 'listener')));
    expect(dialed).toMatchObject({ remotePeer: outcome.localPeer, security: IDS[security], direction: 'outbound' });
    expect(outcome.remotePeer).toBe(node.peerId);
  });
});

const CHUNKINGS: readonly Chunking[] = [
  { wire: 'bytes' },
  { wire: 'prefix' },
  { wire: 'joined' },
  { wire: 7 },
  { stream: 'prefix', sealed: 'prefix' },
  { stream: 'bytes', sealed: 5 },
  { stream: 'joined', sealed: 'joined', wire: 'joined' },
  { sealed: 'bytes' },
];

describe.each(CHUNKINGS)('written as %j', (chunking) => {
  test.each(SECURITIES)('%s', async (security) => {
    const { play, dialer, node } = await scene();
    const outcome = await play(exchange(upgrade(dialer().chunking(chunking), security, 'dialer')));
    expect(outcome.remotePeer).toBe(node.peerId);
  });
});

describe.each(SECURITIES)('%s over TCP', (security) => {
  test('both roles', async () => {
    const node = await createNode({ security: [security], testProtocols: true });
    try {
      const dialing = await exchange(
        upgrade(scriptedPeer({ over: tcp(String(node.addresses[0])) }), security, 'dialer'),
      ).run();
      expect(dialing.remotePeer).toBe(node.peerId);
      const random = { bytes: (label: string, size: number) => pattern(size, label.length) };
      const running = exchange(upgrade(scriptedPeer({ over: tcpListener(), random }), security, 'listener')).start();
      const address = await running.address;
      const { remotePeer } = await node.dial(address);
      await expectUsed(node, remotePeer);
      expect((await running.outcome).remotePeer).toBe(node.peerId);
    } finally {
      await node.stop();
    }
  });
});

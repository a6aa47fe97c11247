/** Two scripts with each other: the steps that an engine of ours never asks for, and both ends of the others. */
import { describe, expect, test } from '@jest/globals';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { dial, listen, scriptedPeer, type Outcome, type Steps } from '../../../src/testing/scripted-peer/index.js';
import { hex } from '../../support/decoding.js';
import { during, newWorld } from '../../support/sim-nodes.js';
import { pattern } from '../../support/streams.js';
import { accepted, dialed } from './upgraded.js';

/** Plays both to their ends. */
async function duet(listening: (script: Steps) => Steps, dialing: (script: Steps) => Steps): Promise<Outcome[]> {
  const world = newWorld({ latencyMs: 3 });
  const { clock, network } = world;
  const random = new SeededRandom('listening');
  const left = scriptedPeer({ clock, random, over: listen(network.transport, '/memory/left') });
  const right = scriptedPeer({ clock, over: dial(network.transport, '/memory/left') });
  const outcomes = Promise.all([listening(left).run(), dialing(right).run()]);
  return during(world, outcomes);
}

const duets: readonly { name: string; listening: (script: Steps) => Steps; dialing: (script: Steps) => Steps }[] = [
  {
    name: 'lists and declined proposals',
    listening: (script) =>
      script.multistream
        .expectHeader()
        .sendHeader()
        .expectLs()
        .sendList(['/noise', '/secio/1.0.0'])
        .expectProposal('/noise', { decliningOthers: true })
        .echo(),
    dialing: (script) =>
      script.multistream
        .sendHeader()
        .expectHeader()
        .sendLs()
        .expectList(['/noise', '/secio/1.0.0'])
        .propose('/tls/1.0.0')
        .expectNa()
        .propose('/plaintext/2.0.0')
        .expectNa()
        .propose('/noise')
        .expectEcho(),
  },
  {
    name: 'secio step by step, with fields of our own',
    listening: (script) =>
      script.secio
        .sendPropose({ rand: hex('00112233445566778899aabbccddeeff'), ciphers: ['AES-128'], hashes: ['SHA512'] })
        .expectPropose()
        .sendExchange()
        .expectExchange()
        .sendNonce()
        .expectNonce()
        .sendSealed(hex('01'))
        .expectSealed(hex('02')),
    dialing: (script) =>
      script.secio
        .expectPropose({ rand: hex('00112233445566778899aabbccddeeff'), ciphers: ['AES-128'], hashes: ['SHA512'] })
        .sendPropose()
        .expectExchange()
        .sendExchange()
        .expectNonce()
        .sendNonce()
        .expectSealed(hex('01'))
        .sendSealed(hex('02')),
  },
  {
    name: 'yamux frame by frame',
    listening: (script) =>
      accepted(script)
        .yamux.expectFrame({ type: 'windowUpdate', flags: 'SYN', stream: 7, length: 1000 })
        .expectFrame({ type: 'data', flags: 'SYN|FIN', stream: 9, body: hex('aabb') })
        .expectFrame({ type: 'ping', flags: 'SYN', stream: 0, length: 5 })
        .sendPong(5)
        .sendPing(9)
        .expectPong(9)
        .sendGoAway(2),
    dialing: (script) =>
      dialed(script)
        .yamux.open('seven', { id: 7, windowBytes: 1000 })
        .yamux.sendFrame({ type: 'data', flags: 'SYN|FIN', stream: 9, body: hex('aabb') })
        .sendPing(5)
        .expectPong()
        .expectPing(9)
        .sendPong()
        .expectGoAway(2),
  },
  {
    name: 'streams asked for in another order than they come',
    listening: (script) =>
      accepted(script)
        .yamux.expectOpenFor('/b')
        .ack()
        .accept('/b')
        .expectMessage(hex('0b'))
        .expectGrant(77)
        .yamux.expectOpen('a', { stream: 1 })
        .ack()
        .accept('/a')
        .expectMessage(hex('0a'))
        .expectFin()
        .fin()
        .stream('/b')
        .expectReset(4),
    dialing: (script) =>
      dialed(script)
        .yamux.open('a')
        .multistream.sendHeader()
        .propose('/a')
        .stream('a')
        .sendMessage(hex('0a'), { flags: 'FIN' })
        .yamux.open('b')
        .multistream.sendHeader()
        .propose('/b')
        .stream('b')
        .sendMessage(hex('0b'))
        .grant(77)
        .multistream.expectHeader()
        .expectEcho()
        .stream('a')
        .expectAck()
        .multistream.expectHeader()
        .expectEcho()
        .stream('a')
        .expectFin()
        .stream('b')
        .reset(4),
  },
  {
    name: 'credit after a half-close',
    listening: (script) => accepted(script).yamux.expectOpen('x').fin().expectBytes(pattern(9, 1)).grant(9),
    dialing: (script) => dialed(script).yamux.open('x').sendBytes(pattern(9, 1)).expectGrant(9).expectFin(),
  },
];

describe('two scripts', () => {
  test.each(duets)('$name', async ({ listening, dialing }) => {
    const [left, right] = await duet(listening, dialing);
    const bytesOf = (outcome: Outcome | undefined, way: string): number =>
      (outcome?.exchanged ?? [])
        .filter(({ direction, layer }) => direction === way && layer !== 'stream' && layer !== 'multistream')
        .reduce((sum, { bytes }) => sum + bytes.length, 0);
    // Below the levels that are told twice (as a frame and as what is in it), what one sent the other received.
    expect(bytesOf(left, 'received')).toBe(bytesOf(right, 'sent'));
    expect(bytesOf(right, 'received')).toBe(bytesOf(left, 'sent'));
  });
});

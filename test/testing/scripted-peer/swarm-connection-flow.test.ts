/** The swarm join of go-ipfs's secio years, against our node in both roles. */
import { describe, expect, test } from '@jest/globals';
import type { Exchanged, Outcome } from '../../../src/testing/scripted-peer/index.js';
import { encodeFields } from '../../../src/testing/scripted-peer/protobuf-fields.js';
import { peerIdToBytes } from '../../../src/crypto/peer-id.js';
import { toHex } from '../../support/decoding.js';
import { during } from '../../support/sim-nodes.js';
import {
  askFlow,
  HOP_CANT_SPEAK_RELAY,
  NOBODY_CLOSER,
  registerFlowHandlers,
  remoteIdentity,
  swarmConnectionFlow,
} from './swarm-connection-flow.js';
import { scene } from './world.js';

type Role = 'dialer' | 'listener';

/** Plays it; `role` is the script's. */
async function flow(role: Role): Promise<{ readonly outcome: Outcome; readonly answers: readonly Uint8Array[] }> {
  const { world, node, dialer, listener } = await scene({ security: ['secio'] });
  registerFlowHandlers(node);
  const key = peerIdToBytes(node.peerId);
  const begun = role === 'dialer' ? dialer({ identity: remoteIdentity }) : listener({ identity: remoteIdentity });
  const running = swarmConnectionFlow(begun, role, key).start();
  if (role === 'listener') await during(world, node.dial(await running.address));
  else
    await during(
      world,
      new Promise<void>((resolve) => node.events$.subscribe(({ type }) => type === 'peer.connected' && resolve())),
    );
  const answers = await during(world, askFlow(node, remoteIdentity.peerId, key));
  return { outcome: await during(world, running.outcome), answers };
}

/** Bodies of the data frames that the script sent on a stream, as hex of at most four bytes, and how many bytes. */
function sentFrames(exchanged: readonly Exchanged[], stream: string): string[] {
  return exchanged
    .filter((message) => message.direction === 'sent' && message.layer === 'yamux' && message.stream === stream)
    .filter(({ bytes }) => bytes[1] === 0)
    .map(({ bytes }) => `${bytes.length - 12}: ${toHex(bytes.subarray(12, 16))}`);
}

describe.each<Role>(['dialer', 'listener'])('go-ipfs is the %s', (role) => {
  test('every stream of the log passes, both ways', async () => {
    const { outcome, answers } = await flow(role);
    expect(outcome.localPeer).toMatch(/^Qm/);
    expect(answers.map(toHex)).toEqual(
      [NOBODY_CLOSER, HOP_CANT_SPEAK_RELAY].map((fields) => toHex(encodeFields(fields))),
    );
    // 19 before the header, then the header; 28 before the relay's name; 2 before CAN_HOP.
    expect(sentFrames(outcome.exchanged, 'our relay')).toEqual([
      '1: 13',
      '19: 2f6d756c',
      '1: 1c',
      '28: 2f6c6962',
      '1: 02',
      '2: 0804',
    ]);
    expect(sentFrames(outcome.exchanged, 'their relay').slice(-2)).toEqual(['1: 05', '5: 0803208e']);
    expect(sentFrames(outcome.exchanged, 'their identify').slice(-2)).toEqual(['2: a704', '551: 0aab0208']);
    expect(sentFrames(outcome.exchanged, 'our kad').slice(2, 4)).toEqual(['1: 10', '16: 2f697066']);
  });

  test('streams open with a bare window update, ours odd when we dial', async () => {
    const { outcome } = await flow(role);
    const opens = outcome.exchanged.filter(
      ({ layer, message }) => layer === 'yamux' && message.startsWith('windowUpdate SYN'),
    );
    expect(opens.map(({ direction, message }) => `${direction} ${message}`)).toEqual(
      (role === 'dialer'
        ? ['received 2', 'sent 1', 'sent 3', 'sent 5', 'received 4', 'received 6']
        : ['received 1', 'sent 2', 'sent 4', 'sent 6', 'received 3', 'received 5']
      ).map((text) => {
        const [direction, id] = text.split(' ');
        return `${direction} windowUpdate SYN stream ${id} length 0`;
      }),
    );
  });

  test('the same seeds give the same bytes', async () => {
    const first = await flow(role);
    expect(String((await flow(role)).outcome)).toBe(String(first.outcome));
  });
});

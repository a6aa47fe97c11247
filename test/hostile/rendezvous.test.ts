/** What a peer may do wrong at a rendezvous point, over TCP: nonsense, forgeries, floods, streams that nobody reads. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { Environment } from '../../src/actors/environment.js';
import { RENDEZVOUS_PROTOCOL } from '../../src/actors/rendezvous/exchange.js';
import { RendezvousPoint } from '../../src/actors/rendezvous/server.js';
import { sealPeerRecord } from '../../src/crypto/peer-record.js';
import type { Limits } from '../../src/limits.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { systemClock } from '../../src/platform/system-clock.js';
import { systemRandom } from '../../src/platform/system-random.js';
import { decodeVarintPrefixed } from '../../src/wire/length-prefixed.js';
import { decodeRendezvous, type RendezvousMessage } from '../../src/wire/rendezvous.js';
import { concat, hex } from '../support/decoding.js';
import { eventually } from '../support/hostile-pipe.js';
import { expectFailure, expectStillServing, startTarget, type Target } from '../support/hostile-target.js';
import { upgradeToYamux, type HostileStream, type HostileYamux } from '../support/hostile-yamux.js';
import { testIdentity } from '../support/noise-side.js';
import { framed } from '../support/rendezvous-net.js';

const mallory = testIdentity('mallory');
const alice = testIdentity('alice');
const record = sealPeerRecord(mallory, 1n, ['/ip4/127.0.0.1/tcp/4001']);

interface Attack {
  readonly target: Target;
  readonly point: RendezvousPoint;
  readonly yamux: HostileYamux;
  readonly stream: () => Promise<HostileStream>;
}

const environments: Environment[] = [];
const broken: string[] = [];

/** A connection of mallory's with a node that is a point. */
async function attack(limits: Partial<Limits> = {}): Promise<Attack> {
  const target = await startTarget();
  const onBroken = ({ message }: Error): unknown => broken.push(message);
  const options = { clock: systemClock, random: systemRandom, ciphers: nodeCiphers, limits };
  const environment = new Environment({ ...options, onBroken });
  environments.push(environment);
  const point = new RendezvousPoint(environment);
  target.node.registerHandle(RENDEZVOUS_PROTOCOL, point.handler);
  const yamux = await upgradeToYamux(target.address);
  return { target, point, yamux, stream: () => yamux.openStream(RENDEZVOUS_PROTOCOL) };
}

afterEach(async () => {
  await eventually('every exchange is over', () => environments.every(({ liveActors }) => liveActors === 0));
  environments.splice(0);
  expect(broken.splice(0)).toEqual([]);
});

/** The response to a request, on a stream of its own. */
async function ask({ stream }: Attack, request: RendezvousMessage): Promise<RendezvousMessage> {
  const opened = await stream();
  opened.send(framed(request));
  opened.end();
  let bytes: Uint8Array = new Uint8Array(0);
  for (;;) {
    const whole = decodeVarintPrefixed(bytes, 1024 * 1024);
    if (whole !== undefined) return decodeRendezvous(whole.value);
    bytes = concat(bytes, await opened.read(1));
  }
}

describe('at a rendezvous point', () => {
  test.each([
    { name: 'nonsense', bytes: hex('03 ffffff'), then: undefined, code: 'ERR_RENDEZVOUS_BAD_MESSAGE' },
    {
      name: 'nested groups',
      bytes: concat(hex('8020'), new Uint8Array(4096).fill(0x0b)),
      then: undefined,
      code: 'ERR_RENDEZVOUS_BAD_MESSAGE',
    },
    {
      name: 'a response',
      bytes: framed({ type: 'DISCOVER_RESPONSE', status: 'OK', registrations: [] }),
      then: undefined,
      code: 'ERR_RENDEZVOUS_BAD_MESSAGE',
    },
    { name: 'more than 1 MiB, by its length', bytes: hex('818040'), then: undefined, code: 'ERR_RENDEZVOUS_TOO_LARGE' },
    { name: 'the end at once', bytes: hex(''), then: 'end', code: 'ERR_RENDEZVOUS_ENDED' },
    { name: 'the end in the middle', bytes: hex('200803'), then: 'end', code: 'ERR_RENDEZVOUS_ENDED' },
    { name: 'a reset in the middle', bytes: hex('200803'), then: 'reset', code: 'ERR_RENDEZVOUS_ENDED' },
    { name: 'silence', bytes: hex(''), then: undefined, code: 'ERR_RENDEZVOUS_TIMEOUT' },
  ] as const)('$name ends the stream alone', async ({ bytes, then, code }) => {
    const attacked = await attack(code === 'ERR_RENDEZVOUS_TIMEOUT' ? { rendezvousTimeoutMs: 200 } : {});
    const stream = await attacked.stream();
    stream.send(bytes);
    if (then !== undefined) stream[then]();
    await expectFailure(attacked.target, {
      event: 'stream.failed',
      code,
      machine: 'rendezvousAnswer',
      state: 'awaitingRequest',
    });
    await attacked.yamux.expectEcho('the connection goes on');
    await expectStillServing(attacked.target);
  });

  test('forged and foreign records are refused, and nothing is stored', async () => {
    const attacked = await attack();
    const forged = record.map((byte, at) => (at === record.length - 1 ? byte ^ 1 : byte));
    const foreign = sealPeerRecord(alice, 1n, ['/ip4/127.0.0.1/tcp/4001']);
    const answers = [];
    for (const signedPeerRecord of [forged, foreign, hex('ff')]) {
      answers.push(await ask(attacked, { type: 'REGISTER', namespace: 'meeting', signedPeerRecord }));
    }
    expect(answers).toMatchObject([
      { status: 'E_INVALID_SIGNED_PEER_RECORD' },
      { status: 'E_NOT_AUTHORIZED' },
      { status: 'E_INVALID_SIGNED_PEER_RECORD' },
    ]);
    expect(attacked.point.size).toBe(0);
  });

  test('a flood of registrations stops at the limit, and what was there stays', async () => {
    const attacked = await attack({ rendezvousPeerRegistrations: 20 });
    const statuses: unknown[] = [];
    for (let index = 0; index < 60; index++) {
      const answer = await ask(attacked, { type: 'REGISTER', namespace: `flood ${index}`, signedPeerRecord: record });
      statuses.push('status' in answer && answer.status);
    }
    expect(statuses).toEqual(Array.from({ length: 60 }, (_, index) => (index < 20 ? 'OK' : 'E_UNAVAILABLE')));
    expect(attacked.point.size).toBe(20);
    await expectStillServing(attacked.target);
  });

  test('streams without a request are few: the others are reset by name', async () => {
    const attacked = await attack({ rendezvousTimeoutMs: 2_000 });
    for (let index = 0; index < 40; index++) await attacked.stream();
    const { events } = attacked.target;
    const codes = (): string[] => events.flatMap((event) => (event.type === 'stream.failed' ? [event.error.code] : []));
    await eventually('all but eight are refused', () => codes().length >= 32);
    expect(new Set(codes().slice(0, 32))).toEqual(new Set(['ERR_RENDEZVOUS_LIMIT']));
    await eventually('the eight run out of time', () => codes().length === 40);
    expect(codes().slice(32)).toEqual(Array(8).fill('ERR_RENDEZVOUS_TIMEOUT'));
    await attacked.yamux.expectEcho('the connection goes on');
    expect(await ask(attacked, { type: 'DISCOVER' })).toMatchObject({ status: 'OK' });
  });
});

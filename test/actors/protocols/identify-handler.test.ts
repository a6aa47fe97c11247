import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { Environment } from '../../../src/actors/environment.js';
import {
  answerIdentify,
  receiveIdentifyPush,
  requestIdentify,
} from '../../../src/actors/protocols/identify-handler.js';
import type { EngineError } from '../../../src/errors.js';
import { LIMITS } from '../../../src/limits.js';
import type { ConnectionMessage } from '../../../src/messages.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { concat, hex, toHex, utf8 } from '../../support/decoding.js';
import { fakeStreamPair, type FakeStreamOptions } from '../../support/fake-stream.js';

const captured = JSON.parse(
  readFileSync(new URL('../../vectors/identify/captured.json', import.meta.url), 'utf8'),
) as readonly {
  readonly name: string;
  readonly peer: string;
  readonly hex: string;
  readonly fields: {
    readonly publicKey: string;
    readonly signedPeerRecord: string;
    readonly protocols: readonly string[];
  };
}[];
const [js, go, goInTwo] = captured as [(typeof captured)[0], (typeof captured)[0], (typeof captured)[0]];

function rig(options: FakeStreamOptions = {}) {
  const clock = new VirtualClock();
  const environment = new Environment({ clock, random: new SeededRandom(1), ciphers: {} as never });
  const broken: EngineError[] = [];
  environment.broken$.subscribe((error) => broken.push(error));
  const [ours, theirs] = fakeStreamPair(environment, options);
  const ask = (remotePeer: string) =>
    requestIdentify(environment, ours, { remotePeer, address: 'conn:1/yamux/1/identify' });
  return { clock, environment, broken, ours, theirs, ask };
}

/** A message of a length, with its prefix: one text field that fills it. */
function messageOf(size: number): Uint8Array {
  const text = utf8('x'.repeat(size - 3));
  const prefix = [(size & 0x7f) | 0x80, size >> 7];
  return concat(Uint8Array.of(...prefix, 0x32, (text.length & 0x7f) | 0x80, text.length >> 7), text);
}

describe('asking', () => {
  for (const chunkBytes of [1, 7, 4096]) {
    test.each(captured)(`$name, ${chunkBytes} bytes a chunk`, async ({ peer, hex: bytes, fields }) => {
      const { clock, environment, broken, ours, theirs, ask } = rig({ chunkBytes });
      const answer = ask(peer);
      theirs.write(hex(bytes));
      theirs.closeWrite();
      const { stays, ...message } = await answer;
      expect(message).toEqual({
        ...fields,
        publicKey: hex(fields.publicKey),
        signedPeerRecord: hex(fields.signedPeerRecord),
      });
      expect(stays.map(({ state }) => state)).toEqual([
        'awaitingMessage',
        'awaitingMore',
        'verifyingKey',
        'identified',
      ]);
      expect([ours.isClosed, ours.error, ours.unconsumedBytes]).toEqual([true, undefined, 0]);
      expect([environment.liveActors, clock.pendingTimers, broken]).toEqual([0, 0, []]);
    });
  }

  test('what was said can be tapped', async () => {
    const { environment, theirs, ask } = rig();
    const tapped: ConnectionMessage[] = [];
    environment.messages$.subscribe((message) => tapped.push(message));
    const answer = ask(go.peer);
    theirs.write(hex(go.hex));
    theirs.closeWrite();
    await answer;
    expect(tapped.map(({ layer, stream, event }) => [layer, stream, event?.type, event?.['protocols']])).toEqual([
      ['protocol', 1, 'identify.identified', go.fields.protocols],
    ]);
  });

  test('a push is read the same way', async () => {
    const { environment, ours, theirs } = rig();
    const push = receiveIdentifyPush(environment, ours, { remotePeer: go.peer, address: 'conn:1/yamux/2/identify' });
    theirs.write(hex('05 1a03 2f6161'));
    theirs.closeWrite();
    expect(await push).toMatchObject({ protocols: ['/aa'], listenAddresses: [] });
  });

  test('a peer that leaves its side open is believed when the time is over', async () => {
    const { clock, ours, theirs, ask } = rig();
    const answer = ask(go.peer);
    theirs.write(hex(go.hex));
    clock.advance(LIMITS.identifyTimeoutMs);
    expect((await answer).protocols).toEqual(go.fields.protocols);
    expect(ours.writeClosed).toBe(true);
  });

  test('at the limits: ten messages, each of 8 KiB', async () => {
    const { theirs, ask } = rig();
    const answer = ask(go.peer);
    for (let count = 0; count < LIMITS.identifyMessages; count++) theirs.write(messageOf(LIMITS.identifyMessageBytes));
    theirs.closeWrite();
    expect((await answer).protocols).toEqual([]);
  });
});

describe('answers that are none', () => {
  const cases: {
    name: string;
    peer: string;
    act: (one: ReturnType<typeof rig>) => void;
    code: string;
    state: string;
    lastBytesHex: string | undefined;
  }[] = [
    {
      name: 'garbage',
      peer: go.peer,
      act: ({ theirs }) => theirs.write(utf8('\u0004oops')),
      code: 'ERR_IDENTIFY_BAD_MESSAGE',
      state: 'awaitingMessage',
      lastBytesHex: toHex(utf8('\u0004oops')),
    },
    {
      name: 'a length that is no varint',
      peer: go.peer,
      act: ({ theirs }) => theirs.write(hex('ffffffffffffffffffff')),
      code: 'ERR_IDENTIFY_BAD_MESSAGE',
      state: 'awaitingMessage',
      lastBytesHex: 'ffffffffffffffffffff',
    },
    {
      name: 'a length of one byte over 8 KiB, before its bytes come',
      peer: go.peer,
      act: ({ theirs }) => theirs.write(hex('8140')),
      code: 'ERR_IDENTIFY_TOO_LARGE',
      state: 'awaitingMessage',
      lastBytesHex: '8140',
    },
    {
      name: 'an eleventh message',
      peer: go.peer,
      act: ({ theirs }) => {
        for (let count = 0; count <= LIMITS.identifyMessages; count++) theirs.write(hex('00'));
      },
      code: 'ERR_IDENTIFY_TOO_LARGE',
      state: 'awaitingMore',
      lastBytesHex: undefined,
    },
    {
      name: 'the key of another peer',
      peer: js.peer,
      act: ({ theirs }) => {
        theirs.write(hex(go.hex));
        theirs.closeWrite();
      },
      code: 'ERR_IDENTIFY_KEY_MISMATCH',
      state: 'verifyingKey',
      lastBytesHex: go.hex.slice(4, 4 + 128),
    },
    {
      name: 'a key that is none',
      peer: go.peer,
      act: ({ theirs }) => {
        theirs.write(hex('04 0a02 0801'));
        theirs.closeWrite();
      },
      code: 'ERR_IDENTIFY_KEY_MISMATCH',
      state: 'verifyingKey',
      lastBytesHex: '0a020801',
    },
    {
      name: 'silence',
      peer: go.peer,
      act: ({ clock }) => clock.advance(LIMITS.identifyTimeoutMs),
      code: 'ERR_IDENTIFY_TIMEOUT',
      state: 'awaitingMessage',
      lastBytesHex: undefined,
    },
    {
      name: 'a close without a word',
      peer: go.peer,
      act: ({ theirs }) => theirs.closeWrite(),
      code: 'ERR_IDENTIFY_ENDED',
      state: 'awaitingMessage',
      lastBytesHex: undefined,
    },
    {
      name: 'a close in the second message',
      peer: goInTwo.peer,
      act: ({ theirs }) => {
        theirs.write(hex(goInTwo.hex).slice(0, -1));
        theirs.closeWrite();
      },
      code: 'ERR_IDENTIFY_ENDED',
      state: 'awaitingMore',
      lastBytesHex: goInTwo.hex.slice(3235 * 2, 3235 * 2 + 128),
    },
    {
      name: 'a reset',
      peer: go.peer,
      act: ({ theirs }) => theirs.reset(),
      code: 'ERR_IDENTIFY_ENDED',
      state: 'awaitingMessage',
      lastBytesHex: undefined,
    },
  ];

  test.each(cases)('$name -> $code', async ({ peer, act, code, state, lastBytesHex }) => {
    const one = rig();
    const failure = one.ask(peer).then(
      () => undefined,
      (error: unknown) => error as EngineError,
    );
    act(one);
    const error = await failure;
    expect(error).toMatchObject({ code, blame: 'remote', details: { machine: 'identify', state } });
    expect(error?.details.lastBytesHex).toBe(lastBytesHex);
    expect(one.ours.error?.code).toBe('ERR_STREAM_RESET');
    expect([one.environment.liveActors, one.clock.pendingTimers, one.broken]).toEqual([0, 0, []]);
  });
});

describe('answering', () => {
  const own = {
    publicKey: hex(js.fields.publicKey),
    listenAddresses: ['/ip4/127.0.0.1/tcp/4001'],
    protocols: ['/ipfs/id/1.0.0'],
    protocolVersion: 'ipfs/0.1.0',
    agentVersion: 'swarmchart/0.1.0',
  };

  test('one message, with the address that we see, then the close', async () => {
    const { environment, ours, theirs, ask } = rig({ connection: { remoteAddress: '/ip4/192.0.2.7/tcp/51000' } });
    const answer = ask(js.peer);
    const answered = answerIdentify(environment, theirs, own);
    const { stays, ...message } = await answer;
    expect(stays.at(-1)?.state).toBe('identified');
    expect(message).toEqual({ ...own, observedAddress: '/ip4/192.0.2.7/tcp/51000' });
    await answered;
    expect([ours.isClosed, theirs.isClosed, ours.error, theirs.error]).toEqual([true, true, undefined, undefined]);
  });

  test('over a Unix socket there is no address to tell: the path is our own', async () => {
    const { environment, theirs, ask } = rig({ connection: { remoteAddress: '/unix/%2Ftmp%2Fsocket' } });
    const answer = ask(js.peer);
    const answered = answerIdentify(environment, theirs, own);
    expect(await answer).toEqual({ ...own, stays: expect.anything() });
    await answered;
  });

  test('what the asking side says is dropped, its reset is told', async () => {
    const { environment, ours, theirs } = rig();
    ours.write(utf8('who are you?'));
    const answered = answerIdentify(environment, theirs, own).catch((error: unknown) => (error as EngineError).code);
    expect(theirs.unconsumedBytes).toBe(0);
    ours.reset();
    expect(await answered).toBe('ERR_STREAM_RESET');
  });
});

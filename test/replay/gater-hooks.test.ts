/** Hooks of a gater are the embedder's: what they answered stands in the trace, and a replay needs none of them. */
import { describe, expect, test } from '@jest/globals';
import { filter, firstValueFrom } from 'rxjs';
import type { GaterOptions } from '../../src/actors/policy/gater.js';
import type { Host } from '../../src/host/host.js';
import { randomRechunk, replayTrace } from '../../src/replay/index.js';
import { nodeOptionsOf, toldHookNames } from '../../src/replay/node-config.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import type { Trace } from '../../src/trace/format.js';
import { parseTrace } from '../../src/trace/reader.js';
import { cutConnection } from '../../src/trace/tools/cut/index.js';
import { traceText } from '../../src/trace/writer.js';
import { liveNode } from '../support/live-node.js';
import { addressOf, recordedTrace } from '../trace/support/recorded.js';
import { headerOf } from '../trace/support/traces.js';

const LISTEN = ['/ip4/127.0.0.1/tcp/0'];

/** What the trace says that each hook answered, e.g. `1 accept: true` or `2 secured: a bug`. */
const answersOf = ({ records }: Trace): string[] =>
  records
    .filter(({ name }) => name === 'gater:answered')
    .map(({ data: { ask, hook, value, error } }) => {
      const { message = value } = ((error ?? {}) as { $error?: { message?: string } }).$error ?? {};
      return `${String(ask)} ${String(hook)}: ${String(message)}`;
    });

async function expectReplays(trace: Trace): Promise<void> {
  expect((await replayTrace(trace)).difference?.report).toBeUndefined();
  expect((await replayTrace(trace, { rechunk: randomRechunk(1) })).difference?.report).toBeUndefined();
}

/** Dials `remote` and lets it be refused. */
const refusedDial = (node: Host, address: string) =>
  expect(node.dial(address)).rejects.toMatchObject({ code: 'ERR_CONNECTION_DENIED' });

const ended = (node: Host, type: string) => firstValueFrom(node.events$.pipe(filter((event) => event.type === type)));

describe('a recorded node', () => {
  test('whose hooks admit everybody: each answer is told with what was asked, in order', async () => {
    const remote = await liveNode();
    const gater: GaterOptions = {
      dialPeer: () => true,
      dialAddress: () => true,
      // An embedder that answers nothing admits.
      secured: () => undefined as never,
    };
    const trace = await recordedTrace({ gater }, (node) => node.identify(addressOf(remote)));
    expect(answersOf(trace)).toEqual(['1 dialPeer: true', '2 dialAddress: true', '3 secured: true']);
    const [address, peer] = addressOf(remote).split('/p2p/');
    const asked = trace.records.filter(({ name }) => name === 'gater:answered');
    expect(asked.map(({ actor, data }) => [actor, data['arguments']])).toEqual([
      ['/node/gater', [peer]],
      ['/node/gater', [address, peer]],
      ['/node/gater', [peer, address, 'outbound']],
    ]);
    await expectReplays(trace);
  });

  test('whose hooks refuse, first the peer, then the address, then what was proved, and at last nothing', async () => {
    const remote = await liveNode();
    const refusals = ['dialPeer', 'dialAddress', 'secured', ''];
    let round = -1;
    const gater: GaterOptions = {
      dialPeer: () => refusals[++round] !== 'dialPeer',
      dialAddress: () => refusals[round] !== 'dialAddress',
      secured: () => refusals[round] !== 'secured',
    };
    const trace = await recordedTrace({ gater }, async (node) => {
      for (let dials = 0; dials < 3; dials++) await refusedDial(node, addressOf(remote));
      await node.dial(addressOf(remote));
    });
    expect(answersOf(trace)).toEqual([
      ...['1 dialPeer: false', '2 dialPeer: true', '3 dialAddress: false'],
      ...['4 dialPeer: true', '5 dialAddress: true', '6 secured: false'],
      ...['7 dialPeer: true', '8 dialAddress: true', '9 secured: true'],
    ]);
    await expectReplays(trace);
  });

  test('whose hook throws: the refusal and its cause are the same', async () => {
    const remote = await liveNode();
    const gater: GaterOptions = {
      dialAddress: () => {
        throw new Error('a bug of the embedder');
      },
    };
    const trace = await recordedTrace({ gater }, (node) => refusedDial(node, addressOf(remote)));
    expect(answersOf(trace)).toEqual(['1 dialAddress: a bug of the embedder']);
    await expectReplays(trace);
  });

  test('that others dial: who is refused unread, who is refused when proved, and who gets in', async () => {
    let accepts = 0;
    let proofs = 0;
    const gater: GaterOptions = { accept: () => ++accepts > 1, secured: () => ++proofs > 1 };
    const trace = await recordedTrace({ gater, listen: LISTEN }, async (node) => {
      for (const told of ['connection.refused', 'connection.failed', 'connection.opened']) {
        const dialer = await liveNode({ listen: [] });
        const event = ended(node, told);
        await dialer.dial(addressOf(node)).catch(() => undefined);
        await event;
        await dialer.stop();
      }
    });
    expect(answersOf(trace)).toEqual([
      ...['1 accept: false', '2 accept: true', '3 secured: false', '4 accept: true', '5 secured: true'],
    ]);
    await expectReplays(trace);
  });

  test('whose hook uses the node from inside: that is done again inside', async () => {
    const remote = await liveNode();
    const tags: unknown[] = [];
    let own: Host | undefined;
    const gater: GaterOptions = {
      secured: (peer) => {
        own?.tag(peer, 'seen', { value: 3 });
        return true;
      },
    };
    const trace = await recordedTrace({ gater }, async (node) => {
      own = node;
      await node.dial(addressOf(remote));
      tags.push(node.tagsOf(remote.peerId));
    });
    expect(tags).toEqual([{ seen: { value: 3 } }]);
    const told = trace.records.map(({ name }) => name).filter((name) => /^(api:(invoked|left)|gater)/.test(name));
    expect(told).toEqual(['api:invoked', 'api:left', 'gater:answered']);
    await expectReplays(trace);
  });

  test('that dials before anybody has it: hooks are asked while it starts', async () => {
    const remote = await liveNode();
    const gater: GaterOptions = { dialPeer: () => true, secured: () => true };
    const connectionManager = { keepAlive: [addressOf(remote)] };
    const trace = await recordedTrace({ gater, connectionManager }, async (node) => {
      if (node.connections().length === 0) await ended(node, 'connection.opened');
    });
    expect(answersOf(trace)).toEqual(['1 dialPeer: true', '2 secured: true']);
    await expectReplays(trace);
  });
});

test('the answers are what decides: a trace that tells another one is left there', async () => {
  const remote = await liveNode();
  const trace = await recordedTrace({ gater: { secured: () => true } }, (node) => node.dial(addressOf(remote)));
  const records = trace.records.map((record) =>
    record.name === 'gater:answered' ? { ...record, data: { ...record.data, value: false } } : record,
  );
  const result = await replayTrace({ ...trace, records });
  expect(result.ok).toBe(false);
  expect(result.difference?.report).toMatch(/^ *actual .*"to":"failed","event":"layer.failed"/m);
});

test('a question that the trace does not tell is a difference', async () => {
  const remote = await liveNode();
  const trace = await recordedTrace({ gater: { secured: () => true } }, (node) => node.dial(addressOf(remote)));
  const records = trace.records.map((record) =>
    record.name === 'gater:answered' ? { ...record, data: { ...record.data, arguments: ['another'] } } : record,
  );
  expect((await replayTrace({ ...trace, records })).ok).toBe(false);
});

test('each of two connections, with the answers that concern it, replays alone', async () => {
  const remotes = [await liveNode(), await liveNode()];
  let proofs = 0;
  const gater: GaterOptions = {
    dialAddress: () => true,
    secured: () => {
      if (++proofs === 2) throw new Error('not that one');
      return true;
    },
  };
  const trace = await recordedTrace({ gater }, async (node) => {
    await node.dial(addressOf(remotes[0]!));
    await refusedDial(node, addressOf(remotes[1]!));
  });
  for (const [connection, answer] of [
    ['conn:2', 'true'],
    ['conn:4', 'not that one'],
  ] as const) {
    const cut = cutConnection(trace, connection, { randomOf: (seed) => new SeededRandom(seed) });
    const alone = parseTrace(traceText(cut.trace));
    expect(answersOf(alone)).toEqual(['1 dialAddress: true', `2 secured: ${answer}`]);
    expect((await replayTrace(alone)).difference?.report).toBeUndefined();
  }
});

describe('the header', () => {
  const gater: GaterOptions = {
    deny: { addresses: ['203.0.113.0/24'] },
    secured: () => true,
    accept: () => true,
  };

  test('tells lists as they are, and which hooks there are', async () => {
    const trace = await recordedTrace({ gater }, () => Promise.resolve());
    expect(trace.header.engine.config['gater']).toEqual({
      deny: { addresses: ['203.0.113.0/24'] },
      hooks: ['accept', 'secured'],
    });
    expect(nodeOptionsOf(trace).gater).toEqual({ deny: { addresses: ['203.0.113.0/24'] } });
    expect(toldHookNames(trace)).toEqual(['accept', 'secured']);
  });

  test('of a redacted trace tells nothing of it', async () => {
    const trace = await recordedTrace({ gater, class: 'redacted' }, () => Promise.resolve());
    expect(Object.keys(trace.header.engine.config)).not.toContain('gater');
  });

  test.each([
    [{ gater: { deny: { peers: [] } } }, { deny: { peers: [] } }],
    [{}, undefined],
  ])('of before hooks were told, %j, has none', (config, gater) => {
    const trace: Trace = { header: headerOf({ config }), records: [] };
    expect([nodeOptionsOf(trace).gater, toldHookNames(trace)]).toEqual([gater, []]);
  });

  test('that names what is no hook gives none', () => {
    const config = { gater: { hooks: ['constructor', 'accept', 7] } };
    expect(toldHookNames({ header: headerOf({ config }), records: [] })).toEqual(['accept']);
  });
});

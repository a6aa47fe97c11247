/** Our records for the Stately inspector, as values and through its own relay, unmodified. */
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { createInspectorServer } from '@statelyai/inspect/server';
import { readdirSync } from 'node:fs';
import { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { StatelyEmitter, valueOf, type StatelyRecord } from '../../src/inspect/stately.js';
import { connectToStately } from '../../src/platform/stately-relay.js';
import { readTraceFile } from '../../src/platform/trace-file.js';
import type { TraceRecord } from '../../src/trace/format.js';
import { someRecord } from '../support/watching.js';

const fixtures = join(dirname(fileURLToPath(import.meta.url)), '../replay/fixtures');

const step = (seq: number, actor: string, machine: string, from: string, to: string, more: Partial<TraceRecord> = {}) =>
  someRecord(seq, {
    name: 'actor:transition',
    actor,
    data: { machine, from, to, event: from === '' ? 'start' : 'wire.header', edges: [] },
    ...more,
  });

test('a start is an actor with its state; a step is its event and the state after it', () => {
  const emitter = new StatelyEmitter(1_000_000);
  const connection = '/node/swarm/conn:1';
  const dialer = `${connection}/multistream`;
  const common = { rootId: connection, id: null, _version: '0.7.2' };
  expect(emitter.take(step(0, connection, 'connection', '', 'upgrading.connecting'))).toEqual([
    {
      type: '@xstate.actor',
      ...common,
      sessionId: connection,
      createdAt: '1000000',
      name: 'connection',
      parentId: undefined,
      definition: expect.stringContaining('"id":"connection"'),
      snapshot: { status: 'active', value: { upgrading: 'connecting' }, context: {} },
    },
  ]);
  expect(emitter.take(step(1, dialer, 'multistreamDialer', '', 'awaitingHeader'))).toMatchObject([
    { type: '@xstate.actor', sessionId: dialer, rootId: connection, parentId: connection, createdAt: '1000001' },
  ]);
  const frame = someRecord(2, {
    actor: `${connection}/wire`,
    data: { layer: 'multistream', length: 20, event: { type: 'wire.header', version: '1.0.0' } },
  });
  expect(emitter.take(frame)).toEqual([]);
  const event = { type: 'wire.header', version: '1.0.0', length: 20 };
  const base = { ...common, sessionId: dialer, createdAt: '1000003' };
  expect(emitter.take(step(3, dialer, 'multistreamDialer', 'awaitingHeader', 'proposing', { cause: 2 }))).toEqual([
    { type: '@xstate.event', ...base, sourceId: `${connection}/wire`, event },
    {
      type: '@xstate.snapshot',
      ...base,
      event,
      snapshot: { status: 'active', value: 'proposing', context: {} },
    },
  ]);
});

test('an actor in a final state is done, and one of its address after it is another one', () => {
  const emitter = new StatelyEmitter(0);
  const [machine, address] = ['connection', '/node/swarm/conn:1'];
  emitter.take(step(0, address, machine, '', 'open'));
  expect(emitter.take(step(1, address, machine, 'open', 'closed'))[1]).toMatchObject({ snapshot: { status: 'done' } });
  expect(emitter.take(step(2, address, machine, '', 'open'))[0]).toMatchObject({ type: '@xstate.actor' });
});

test('a machine that is not ours is told by its id', () => {
  const [told] = new StatelyEmitter(0).take(step(0, '/node/other', '__proto__', '', 'a'));
  expect(told).toMatchObject({ definition: '{"id":"__proto__"}', snapshot: { status: 'active', value: 'a' } });
});

test.each([
  ['idle', 'idle'],
  ['open.writable', { open: 'writable' }],
  ['a.b.c', { a: { b: 'c' } }],
  ['a.b|c.d', { a: 'b', c: 'd' }],
  ['open.x.one|open.y.two', { open: { x: 'one', y: 'two' } }],
  ['', ''],
])('the state "%s" as XState tells it', (state, value) => {
  expect(valueOf(state)).toEqual(value);
});

describe('every recorded run', () => {
  test.each(readdirSync(fixtures).filter((name) => name.endsWith('.trace.jsonl')))('%s', async (name) => {
    const { records } = await readTraceFile(join(fixtures, name));
    const emitter = new StatelyEmitter(0);
    const told = records.flatMap((record) => emitter.take(record));
    const steps = records.filter((record) => record.name === 'actor:transition');
    expect(told.filter(({ type }) => type !== '@xstate.event')).toHaveLength(steps.length);
    for (const record of told) {
      expect(record).toMatchObject({ _version: expect.any(String), createdAt: expect.stringMatching(/^\d+$/) });
      if (record.type === '@xstate.actor') expect(JSON.parse(record.definition)).toMatchObject({ id: record.name });
    }
    // No bytes, neither as JSON of an array nor in hex.
    expect(JSON.stringify(told)).not.toMatch(/"\d+":\d+,"\d+":\d+|[0-9a-f]{200}/);
  });
});

describe('the relay of @statelyai/inspect', () => {
  const afterwards: (() => void)[] = [];
  afterEach(() => {
    jest.restoreAllMocks();
    for (const end of afterwards.splice(0)) end();
  });

  /** It listens on every address of the machine and tells nobody where; here it is held to loopback. */
  async function relay(): Promise<string> {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the server that it is of
    const original = Server.prototype.listen;
    const bound = new Promise<number>((resolve) => {
      jest.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server) {
        return original.call(this, { port: 0, host: '127.0.0.1' }, () => resolve((this.address() as AddressInfo).port));
      } as typeof original);
    });
    const server = createInspectorServer({ port: 0, autoOpen: false });
    afterwards.push(() => server.stop());
    return `ws://127.0.0.1:${await bound}`;
  }

  test('hands on what we send, record by record', async () => {
    const address = await relay();
    const heard: StatelyRecord[] = [];
    const reader = new WebSocket(address);
    await new Promise((resolve) => reader.once('open', resolve));
    const { records } = await readTraceFile(join(fixtures, 'dial-refused.trace.jsonl'));
    const emitter = new StatelyEmitter(0);
    const told = records.flatMap((record) => emitter.take(record));
    const all = new Promise<void>((resolve) => {
      reader.on('message', (data: Buffer) => {
        heard.push(JSON.parse(data.toString()) as StatelyRecord);
        if (heard.length === told.length) resolve();
      });
    });
    const sender = await connectToStately(address, false);
    for (const record of told) sender.send(record);
    await all;
    expect(heard).toEqual(JSON.parse(JSON.stringify(told)));
    await sender.close();
    reader.terminate();
  });

  test.each(['ws://192.0.2.1:8080', 'wss://stately.example/', 'ws://127.0.0.1.example:1', 'ws://localhost.example:1'])(
    '%s is another machine',
    async (address) => {
      await expect(connectToStately(address, false)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    },
  );

  test.each(['http://127.0.0.1:1', 'nonsense', ''])('"%s" is no WebSocket', async (address) => {
    await expect(connectToStately(address, true)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  test('one that is not there is told so', async () => {
    await expect(connectToStately('ws://127.0.0.1:1', false)).rejects.toMatchObject({ code: 'ERR_HTTP_FAILED' });
  });
});

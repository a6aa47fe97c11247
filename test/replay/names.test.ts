/** A recorded node that resolved names is replayed without a resolver: the trace has its answers. */
import { expect, test } from '@jest/globals';
import { recordedNode, replayTrace } from '../../src/replay/index.js';
import { TableResolver, type NameTables } from '../../src/sim/table-resolver.js';
import { parseTrace } from '../../src/trace/reader.js';
import { ScriptedAddresses } from '../support/scripted-addresses.js';
import { during, newSwarm, newWorld } from '../support/sim-nodes.js';

const FOUR = '/ip4/8.8.8.8/tcp/4001';

async function recorded(tables: (peer: string) => NameTables, target: (peer: string) => string): Promise<string> {
  const world = newWorld({ rechunk: (chunks) => [Buffer.concat(chunks)] });
  const listener = newSwarm(world, { seed: 'listener' });
  await listener.swarm.listen('/memory/listener');
  const lines: string[] = [];
  const { node, close } = await during(
    world,
    recordedNode({
      listen: [],
      seed: 'names',
      clock: world.clock,
      transports: [new ScriptedAddresses(world, { [FOUR]: { to: '/memory/listener' } }).transport],
      resolver: new TableResolver(tables(listener.peerId), { clock: world.clock, latencyMs: 20 }),
      to: { write: (line) => void lines.push(line) },
    }),
  );
  await during(
    world,
    node.dial(target(listener.peerId)).catch(() => undefined),
  );
  await during(world, close());
  return lines.join('');
}

test.each([
  {
    name: 'names that lead to a peer',
    tables: (peer: string) => ({
      txt: { '_dnsaddr.a.example': [`dnsaddr=/dns4/b.example/tcp/4001/p2p/${peer}`] },
      ip4: { 'b.example': ['8.8.4.4', '8.8.8.8'] },
    }),
    target: (peer: string) => `/dnsaddr/a.example/p2p/${peer}`,
    looked: ['resolveTxt', 'resolve4'],
    ends: ['resolution resolved', 'dial connected'],
  },
  {
    name: 'a server that fails',
    tables: () => ({ ip4: { 'b.example': 'broken' } }) as NameTables,
    target: () => '/dns4/b.example/tcp/4001',
    looked: ['resolve4'],
    ends: ['resolution failed'],
  },
  {
    name: 'a server that is silent',
    tables: () => ({ ip4: { 'b.example': 'silent' } }) as NameTables,
    target: () => '/dns4/b.example/tcp/4001',
    looked: ['resolve4'],
    ends: ['resolution timedOut'],
  },
])('$name', async ({ tables, target, looked, ends }) => {
  const trace = parseTrace(await recorded(tables, target));
  const calls = trace.records.filter(({ name, actor }) => name === 'async:called' && actor.endsWith('/resolver'));
  expect(calls.map(({ data }) => data['method'])).toEqual(looked);
  const last = new Map(
    trace.records.flatMap(({ name, data }) =>
      name === 'actor:transition' ? [[data['machine'], data['to']] as const] : [],
    ),
  );
  expect(['resolution', 'dial'].flatMap((id) => (last.has(id) ? `${id} ${String(last.get(id))}` : []))).toEqual(ends);
  expect((await replayTrace(trace)).difference?.report).toBeUndefined();
});

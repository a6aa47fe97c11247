// What is measured. A row starts a server and a client process for each contender, warms each up with rounds that do
// not count, then lets the contenders take turns: A B A B. A round yields figures by column.
import { Child } from './child.mjs';

const here = (name) => new URL(name, import.meta.url).pathname;
const MIB = 1024 * 1024;
const PERF_BYTES = 256 * MIB;
const FILE_BYTES = 64 * MIB;
const SMALL_BLOCKS = 10_000;
const SMALL_BLOCK_BYTES = 256;
const IDLE_CONNECTIONS = 1_000;
/** Rounds until rates no longer climb while code is being compiled, on either side. */
const WARM_UPS = 3;

const OURS = 'swarmchart';
const THEIRS = 'js-libp2p';
const CHACHA_LIMIT = 'limit: ChaCha20-Poly1305 over TCP';
const AES_LIMIT = 'limit: AES-256-CTR + HMAC-SHA256 over TCP';

/** A column: `better` says which way is good; `aim` is the ratio to reach, ours to theirs. */
const column = (name, unit, aim, better = 'more') => ({ name, unit, aim, better });

const pair = (label, contender, options) => ({ label, contender, ...options });
const both = (options) => [pair(OURS, OURS, options), pair(options.theirs ?? THEIRS, THEIRS, options)];

/** The rows by name. */
export const ROWS = {
  throughput: {
    title: 'One stream, 256 MiB over /perf/1.0.0, pieces of 64 KiB; limits beside it',
    columns: [column('down', 'MB/s', 2), column('up', 'MB/s', 2)],
    // Of what the ciphers alone allow over TCP, on this machine.
    limits: [
      { column: 'down', ours: OURS, limit: CHACHA_LIMIT, aim: 0.5 },
      { column: 'down', ours: 'swarmchart, secio', limit: AES_LIMIT, aim: 0.5 },
    ],
    contenders: [
      ...both({ kind: 'node', security: 'noise' }),
      pair('swarmchart, secio', OURS, { kind: 'node', security: 'secio' }),
      { label: 'limit: bare TCP', cipher: 'none' },
      { label: CHACHA_LIMIT, cipher: 'chacha20-poly1305' },
      { label: AES_LIMIT, cipher: 'aes-256-ctr + hmac-sha256' },
    ],
    round: async ({ client, address, isLimit }) => {
      const perSecond = ({ millis }) => PERF_BYTES / 1e3 / millis;
      const down = perSecond(await client.request('perf', { address, receive: PERF_BYTES }));
      return isLimit ? { down } : { down, up: perSecond(await client.request('perf', { address, send: PERF_BYTES })) };
    },
  },
  setups: {
    title: 'Connections: dial, noise, yamux, close; no identify',
    columns: [column('one after another', '/s', 5), column('8 at once', '/s', 5)],
    contenders: both({ kind: 'bare', security: 'noise' }),
    round: async ({ client, address }) => ({
      'one after another': (await client.request('dialMany', { address, count: 150, concurrency: 1 })).perSecond,
      '8 at once': (await client.request('dialMany', { address, count: 300, concurrency: 8 })).perSecond,
    }),
  },
  'setups-identified': {
    title: 'Connections of whole nodes: dial, noise, yamux, identify both ways, close',
    columns: [column('one after another', '/s', 5), column('8 at once', '/s', 5)],
    contenders: both({ kind: 'node', security: 'noise' }),
    round: async ({ client, address }) => {
      const identified = true;
      return {
        'one after another': (await client.request('dialMany', { address, count: 100, concurrency: 1, identified }))
          .perSecond,
        '8 at once': (await client.request('dialMany', { address, count: 200, concurrency: 8, identified })).perSecond,
      };
    },
  },
  streams: {
    title: 'Streams on one connection: open, negotiate /echo/1.0.0, 32 bytes there and back, close',
    columns: [column('one after another', '/s', 5), column('32 at once', '/s', 8)],
    contenders: both({ kind: 'node', security: 'noise' }),
    round: async ({ client, address }) => ({
      'one after another': (await client.request('echoMany', { address, count: 1_000, concurrency: 1 })).perSecond,
      '32 at once': (await client.request('echoMany', { address, count: 3_000, concurrency: 32 })).perSecond,
    }),
  },
  memory: {
    title: `Server memory for each of ${IDLE_CONNECTIONS} idle connections, identified both ways`,
    columns: [column('heap and buffers', 'KiB', 1, 'less'), column('RSS', 'KiB', 1, 'less')],
    atMost: [{ column: 'heap and buffers', ours: OURS, aim: 20 }],
    contenders: [
      ...both({ kind: 'node', security: 'noise', flags: ['--expose-gc'] }),
      pair('helia', THEIRS, { kind: 'content', security: 'noise', flags: ['--expose-gc'] }),
    ],
    fresh: true,
    maxRounds: 3,
    round: async ({ server, client, address }) => {
      const hold = async (count) => {
        await client.request('hold', { address, count });
        await server.request('settled', { count });
      };
      // Code and pools grow with the first connections whatever becomes of them: that is not counted.
      await hold(100);
      await client.request('release');
      await server.request('settled', { count: 0 });
      const before = await server.request('memory');
      await hold(IDLE_CONNECTIONS);
      const after = await server.request('memory');
      const grown = (...names) =>
        names.reduce((sum, name) => sum + after[name] - before[name], 0) / 1024 / IDLE_CONNECTIONS;
      return { 'heap and buffers': grown('heapUsed', 'external'), RSS: grown('rss') };
    },
  },
  file: {
    title: 'A file of 64 MiB in blocks of 1 MiB over bitswap; stores in memory on both sides',
    columns: [column('rate', 'MB/s', 2), column('first byte', 'ms', undefined, 'less')],
    contenders: both({ kind: 'content', security: 'noise', theirs: 'helia' }),
    round: async ({ server, client, address, round }) => {
      const { cid } = await server.request('addFile', { seed: 100 + round, size: FILE_BYTES, chunkBytes: MIB });
      const { millis, firstMillis } = await client.request('getFile', { address, cid, size: FILE_BYTES });
      return { rate: FILE_BYTES / 1e3 / millis, 'first byte': firstMillis };
    },
  },
  blocks: {
    title: `${SMALL_BLOCKS} blocks of ${SMALL_BLOCK_BYTES} bytes over bitswap, 1,000 asked for at once; stores in memory`,
    columns: [column('rate', 'blocks/s', 10)],
    contenders: both({ kind: 'content', security: 'noise', theirs: 'helia' }),
    round: async ({ server, client, address, round }) => {
      const [seed, count, size] = [1000 + round, SMALL_BLOCKS, SMALL_BLOCK_BYTES];
      const { cids } = await server.request('addBlocks', { seed, count, size });
      const { perSecond } = await client.request('getBlocks', { address, cids, size, concurrency: 1_000 });
      return { rate: perSecond };
    },
  },
  start: {
    title: 'Process start to listening',
    columns: [column('time', 'ms', undefined, 'less')],
    contenders: [
      pair(OURS, OURS, { kind: 'content', security: 'noise' }),
      pair(THEIRS, THEIRS, { kind: 'node', security: 'noise' }),
      pair('helia', THEIRS, { kind: 'content', security: 'noise' }),
      { label: 'limit: bare node, listening on TCP', cipher: 'none' },
    ],
    fresh: true,
    serverOnly: true,
    round: async ({ server }) => ({ time: server.startMillis }),
  },
};

/**
 * Runs one row and answers its figures: `{ title, columns, contenders: [{ label, rounds: [{ column: figure }],
 * cpuSeconds: [...] }] }`, where CPU is of both processes during the round.
 */
export async function runRow(row, { rounds, profileTo, onRound = () => {} }) {
  const wanted = Math.min(rounds, row.maxRounds ?? rounds);
  const results = row.contenders.map(({ label, cipher }) => ({
    label,
    isLimit: cipher !== undefined,
    rounds: [],
    cpuSeconds: [],
  }));
  const running = [];
  const stopAll = () => Promise.all(running.splice(0).flatMap(({ server, client }) => [server, client].map(end)));
  try {
    if (!row.fresh) for (const contender of row.contenders) running.push(await start(contender, row, profileTo));
    for (let round = row.fresh ? 1 : 1 - WARM_UPS; round <= wanted; round += 1) {
      for (const [index, contender] of row.contenders.entries()) {
        if (row.fresh) running[0] = await start(contender, row, profileTo);
        const processes = running[row.fresh ? 0 : index];
        const before = row.serverOnly ? 0 : await cpuSeconds(processes);
        const figures = await row.round({ ...processes, address: processes.server.address, round });
        const cpu = (await cpuSeconds(processes)) - before;
        if (row.fresh) await stopAll();
        if (round < 1) continue;
        results[index].rounds.push(figures);
        results[index].cpuSeconds.push(cpu);
        onRound(results[index].label, round, figures);
      }
    }
  } finally {
    await stopAll();
  }
  return {
    title: row.title,
    rounds: wanted,
    columns: row.columns,
    limits: row.limits,
    atMost: row.atMost,
    contenders: results,
  };
}

async function start({ label, contender, cipher, kind, security, flags = [] }, { serverOnly = false }, profileTo) {
  const profiled = (role) => {
    const name = `${label.replace(/\W+/g, '-')}-${role}.cpuprofile`;
    return profileTo === undefined
      ? flags
      : [...flags, '--cpu-prof', `--cpu-prof-dir=${profileTo}`, `--cpu-prof-name=${name}`];
  };
  const [script, args] =
    cipher === undefined
      ? ['contender.mjs', ['--contender', contender, '--kind', kind, '--security', security]]
      : ['raw.mjs', ['--cipher', cipher]];
  const server = await Child.start(here(script), args, profiled('server'));
  try {
    const client = serverOnly ? undefined : await Child.start(here(script), args, profiled('client'));
    return { server, client, isLimit: cipher !== undefined };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

const end = (child) => child?.stop();

async function cpuSeconds({ server, client }) {
  const usages = await Promise.all([server, client].flatMap((child) => (child ? [child.request('cpu')] : [])));
  return usages.reduce((sum, { user, system }) => sum + (user + system) / 1e6, 0);
}

// A live peer for the tests: Kubo, kept to loopback and silent, driven through its command line.
// Flags and control protocol: ../README.md.
import { execFile, spawn } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseFlags, serveControl } from '../control.mjs';
import { base58, routingCommands, withDht } from './routing.mjs';

const IPFS = fileURLToPath(new URL('bin/ipfs', import.meta.url));
const run = promisify(execFile);

const flags = parseFlags({
  security: { type: 'string', multiple: true, default: ['tls', 'noise'] },
  dht: { type: 'string', default: 'none' },
});
if (!['none', 'server', 'client'].includes(flags.dht)) throw new Error(`--dht is server or client, not ${flags.dht}`);
const folder = await mkdtemp(join(tmpdir(), 'peer-kubo-'));
const repo = join(folder, 'repo');
const env = { PATH: process.env.PATH, HOME: folder, IPFS_PATH: repo, IPFS_TELEMETRY: 'off', GOLOG_LOG_LEVEL: 'error' };

const WEBSOCKET = flags.listen.some((address) => address.endsWith('/ws'));

/** Runs one ipfs command and returns what it printed. */
async function ipfs(...args) {
  try {
    return (await run(IPFS, args, { env, maxBuffer: 256 * 1024 * 1024 })).stdout.trim();
  } catch (error) {
    throw new Error(`ipfs ${args[0]}: ${(error.stderr || error.message).trim()}`);
  }
}

/** Nothing looked up, announced, relayed, mapped, updated or reported: peers come by address only. */
function keepToLoopback(config) {
  const off = { Enabled: false };
  return {
    ...config,
    Addresses: { ...config.Addresses, Swarm: flags.listen, API: '/ip4/127.0.0.1/tcp/0', Gateway: [] },
    AutoConf: off,
    AutoNAT: { ServiceMode: 'disabled' },
    AutoTLS: off,
    Bootstrap: [],
    Discovery: { MDNS: off },
    HTTPRetrieval: off,
    Plugins: { Plugins: { telemetry: { Disabled: true, Config: { Mode: 'off' } } } },
    Provide: off,
    Routing: { Type: 'none', DelegatedRouters: [] },
    Swarm: {
      ...config.Swarm,
      ConnMgr: { Type: 'none' },
      DisableNatPortMap: true,
      EnableHolePunching: false,
      RelayClient: off,
      RelayService: off,
      ResourceMgr: off,
      Transports: {
        Network: { QUIC: false, Relay: false, TCP: true, WebRTCDirect: false, WebTransport: false, Websocket: WEBSOCKET },
        Security: {
          Noise: flags.security.includes('noise') ? 200 : false,
          TLS: flags.security.includes('tls') ? 100 : false,
        },
        Multiplexers: {},
      },
    },
    Version: { SwarmCheckEnabled: false },
  };
}

/** An ECDSA identity, of which `ipfs init` makes none. The daemon refuses an id that is not the key's. */
function ecdsaIdentity() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const protobuf = (der) => Buffer.concat([Buffer.from([8, 3, 18, der.length]), der]);
  const digest = createHash('sha256').update(protobuf(publicKey.export({ type: 'spki', format: 'der' })));
  return {
    PeerID: base58(Buffer.concat([Buffer.from([0x12, 32]), digest.digest()])),
    PrivKey: protobuf(privateKey.export({ type: 'sec1', format: 'der' })).toString('base64'),
  };
}

async function startDaemon() {
  await ipfs('init', '--profile', 'test', '--empty-repo', ...(flags.key === 'rsa' ? ['-a', 'rsa', '-b', '2048'] : []));
  const path = join(repo, 'config');
  const quiet = keepToLoopback(JSON.parse(await readFile(path, 'utf8')));
  const config = flags.dht === 'none' ? quiet : withDht(quiet, flags.dht);
  if (flags.key === 'ecdsa') config.Identity = ecdsaIdentity();
  await writeFile(path, JSON.stringify(config, undefined, 2));
  const daemon = spawn(IPFS, ['daemon', '--migrate=false'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => daemon.once('exit', resolve));
  await new Promise((resolve, reject) => {
    createInterface({ input: daemon.stdout }).on('line', (line) => line.includes('Daemon is ready') && resolve());
    ended.then((code) => reject(new Error(`the daemon ended with ${code} before it was ready`)));
  });
  return { daemon, ended };
}

const { daemon, ended } = await startDaemon().catch(async (error) => {
  await rm(folder, { recursive: true, force: true });
  throw error;
});
// Ends the daemon and tidies up even when this process is killed: its pipe then closes.
const watchdog = spawn('sh', ['-c', 'cat; kill "$0"; sleep 1; rm -rf "$1"', String(daemon.pid), folder], {
  stdio: ['pipe', 'ignore', 'ignore'],
  detached: true,
});
let stopping = false;
ended.then((code) => {
  if (stopping) return;
  process.stderr.write(`ipfs daemon ended with ${code}\n`);
  process.exit(1);
});

async function stop() {
  stopping = true;
  daemon.kill('SIGTERM');
  await ended;
  watchdog.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
}

const idOf = (address) => address.slice(address.lastIndexOf('/') + 1);
const since = (started) => performance.now() - started;

async function connect(address) {
  const started = performance.now();
  await ipfs('swarm', 'connect', address);
  return { peerId: idOf(address), millis: since(started) };
}

async function connections() {
  const { Peers: peers } = JSON.parse(
    await ipfs('swarm', 'peers', '--streams', '--latency', '--direction', '--enc', 'json'),
  );
  return (peers ?? []).map((peer) => ({
    peerId: peer.Peer,
    address: peer.Addr,
    direction: { 1: 'inbound', 2: 'outbound' }[peer.Direction],
    streams: (peer.Streams ?? []).map((stream) => stream.Protocol),
  }));
}

async function hashTree(path, name = '') {
  if ((await stat(path)).isDirectory()) {
    const names = (await readdir(path)).sort();
    const below = names.map((child) => hashTree(join(path, child), name === '' ? child : `${name}/${child}`));
    return (await Promise.all(below)).flat();
  }
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of createReadStream(path)) {
    bytes += piece.length;
    hash.update(piece);
  }
  return [{ path: name, bytes, sha256: hash.digest('hex') }];
}

const commands = {
  dial: ({ address }) => connect(address),
  hangUp: async ({ peerId }) => {
    await ipfs('swarm', 'disconnect', `/p2p/${peerId}`);
    return {};
  },
  ping: async ({ address, count = 1 }) => {
    await connect(address);
    const lines = (await ipfs('ping', '-n', String(count), '--enc', 'json', idOf(address))).split('\n');
    const pongs = lines.map((line) => JSON.parse(line)).filter((pong) => pong.Success && pong.Time > 0);
    if (pongs.length < count) throw new Error(`${pongs.length} of ${count} pings came back: ${lines.join(' ')}`);
    return { peerId: idOf(address), rttMillis: pongs.map((pong) => pong.Time / 1e6) };
  },
  identify: async ({ address }) => {
    await connect(address);
    const told = JSON.parse(await ipfs('id', '--enc', 'json', idOf(address)));
    return {
      peerId: told.ID,
      agentVersion: told.AgentVersion,
      protocols: told.Protocols,
      listenAddresses: told.Addresses,
    };
  },
  addFile: async ({ path, options: { cidVersion, rawLeaves, chunkSize, maxLinks } = {} }) => ({
    cid: await ipfs(
      'add',
      '-r',
      '-Q',
      ...(cidVersion === undefined ? [] : [`--cid-version=${cidVersion}`]),
      ...(rawLeaves === undefined ? [] : [`--raw-leaves=${rawLeaves}`]),
      ...(chunkSize === undefined ? [] : [`--chunker=size-${chunkSize}`]),
      ...(maxLinks === undefined ? [] : [`--max-file-links=${maxLinks}`]),
      path,
    ),
  }),
  get: async ({ cid, address, out }) => {
    if (address) await connect(address);
    const started = performance.now();
    // To a name that is not taken: into a folder that is there a file lands under its CID, a folder under no name.
    const own = out === undefined ? await mkdtemp(join(folder, 'get-')) : undefined;
    const to = out ?? join(own, 'output');
    await ipfs('get', '-o', to, cid);
    const millis = since(started);
    const files = await hashTree(to);
    if (own !== undefined) await rm(own, { recursive: true });
    if (files.length === 1 && files[0].path === '') return { bytes: files[0].bytes, sha256: files[0].sha256, millis };
    return { bytes: files.reduce((sum, file) => sum + file.bytes, 0), files, millis };
  },
  hasBlock: async ({ cid }) => ({
    has: await ipfs('--offline', 'block', 'stat', cid).then(
      () => true,
      () => false,
    ),
  }),
  connections: async () => {
    const list = (await connections()).map((peer) => ({ ...peer, streams: peer.streams.length }));
    return { count: list.length, list };
  },
  streams: async () => {
    const list = (await connections()).flatMap(({ peerId, streams }) =>
      streams.map((protocol) => ({ peerId, protocol })),
    );
    return { count: list.length, list };
  },
};

const routing = flags.dht === 'none' ? {} : routingCommands(ipfs, connect, folder);
const { ID: peerId, Addresses: addresses } = JSON.parse(await ipfs('id', '--enc', 'json'));

serveControl({
  peerId,
  addresses,
  commands: { ...commands, ...routing },
  stop,
  lifetimeSeconds: flags['lifetime-seconds'],
});

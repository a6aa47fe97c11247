// Hostile connections, so many of each kind, until the parent ends: whoever is thrown out comes back after a pause.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { setPriority } from 'node:os';
import { spawnSync } from 'node:child_process';
import { Environment } from '../../dist/actors/environment.js';
import { noiseProtocol } from '../../dist/actors/connection/noise/handler.js';
import { SwarmActor } from '../../dist/actors/swarm/swarm-actor.js';
import { generateIdentity } from '../../dist/crypto/keys.js';
import { nodeCiphers } from '../../dist/platform/node-ciphers.js';
import { systemClock } from '../../dist/platform/system-clock.js';
import { systemRandom } from '../../dist/platform/system-random.js';
import { tcpTransport } from '../../dist/platform/tcp-transport.js';
import { encodeMultistreamMessage } from '../../dist/wire/multistream.js';
import { ATTACKS, hostileMuxer } from './hostile-muxer.mjs';

// A real attacker brings its own cores: here it takes only what the node and its peer leave.
setPriority(19);
// Of the lowest priority a task still finishes its slice; an idle one (Linux) gives way at once.
spawnSync('chrt', ['--all-tasks', '--idle', '--pid', '0', String(process.pid)], { stdio: 'ignore' });

const [address, each] = [process.argv[2], Number(process.argv[3])];
const PAUSE_MS = 200;
const [, , host, , port] = address.split('/');
const lines = (...texts) => Buffer.concat(texts.map((text) => encodeMultistreamMessage(text)));

/** Attacks on the raw socket. */
const RAW = {
  garbage: (socket) => socket.write(randomBytes(4096)),
  silence: () => undefined,
  dripping: (socket) => {
    const bytes = lines('/multistream/1.0.0', '/noise');
    let at = 0;
    const timer = setInterval(() => at < bytes.length - 1 && socket.write(bytes.subarray(at, ++at)), 300);
    socket.once('close', () => clearInterval(timer));
  },
  halfNoise: (socket) =>
    socket.write(Buffer.concat([lines('/multistream/1.0.0', '/noise'), Buffer.from([0, 32, 1, 2])])),
};

function attackRaw(kind) {
  const socket = connect({ host, port: Number(port) });
  socket.once('connect', () => RAW[kind](socket));
  socket.on('error', () => undefined);
  socket.resume();
  socket.once('close', () => setTimeout(() => attackRaw(kind), PAUSE_MS));
}

function attackSecured(kind) {
  const again = () => setTimeout(() => attackSecured(kind), PAUSE_MS);
  const environment = new Environment({ clock: systemClock, random: systemRandom, ciphers: nodeCiphers });
  const { identity } = generateIdentity(nodeCiphers, systemRandom);
  const transports = [tcpTransport];
  const swarm = new SwarmActor({
    environment,
    identity,
    transports,
    security: [noiseProtocol],
    muxers: [hostileMuxer(kind)],
  });
  swarm.events$.subscribe(({ type }) => type === 'connection.closed' && again());
  swarm.dial(address).catch(again);
}

for (let count = 0; count < each; count++) {
  for (const kind of Object.keys(RAW)) attackRaw(kind);
  for (const kind of Object.keys(ATTACKS)) attackSecured(kind);
}
process.on('disconnect', () => process.exit(0));
process.send({ kinds: [...Object.keys(RAW), ...Object.keys(ATTACKS)] });

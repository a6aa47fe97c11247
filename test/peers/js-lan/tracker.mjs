// bittorrent-tracker: a tracker over HTTP and UDP, and clients of any tracker.
import { register } from 'node:module';

// Its client loads WebRTC, compiled code that no install script here builds, and that HTTP and UDP do not need.
const source = 'export const RTCPeerConnection = undefined, RTCSessionDescription = undefined, RTCIceCandidate = undefined;';
const stub = `data:text/javascript,${encodeURIComponent(source)}`;
const hook = `export const resolve = (name, context, next) =>
  name === 'webrtc-polyfill' ? { url: ${JSON.stringify(stub)}, shortCircuit: true } : next(name, context);`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);

const { default: Client } = await import('bittorrent-tracker/client');
const { default: Server } = await import('bittorrent-tracker/server');

const HOST = '127.0.0.1';
const INTERVAL_MS = 120_000;

/** Starts a tracker; `tracker` tells where it is, `swarm` whom it knows for an infohash. */
export async function startTracker() {
  const server = new Server({ udp: true, http: true, ws: false, stats: false, interval: INTERVAL_MS });
  server.on('warning', () => {});
  server.on('error', () => {});
  await new Promise((resolve) => server.listen(0, { http: HOST, udp: HOST, udp6: '::1' }, resolve));
  const commands = {
    tracker: () => ({
      http: `http://${HOST}:${server.http.address().port}/announce`,
      udp: `udp://${HOST}:${server.udp4.address().port}`,
      intervalSeconds: INTERVAL_MS / 1000,
    }),
    swarm: ({ infohash }) => {
      const swarm = server.torrents[infohash];
      const peers = (swarm?.peers.keys ?? []).map((id) => swarm.peers.peek(id)).filter(Boolean);
      return { peers: peers.map(({ peerId, ip, port, complete }) => ({ peerId, ip, port, complete })) };
    },
  };
  return { commands, stop: () => new Promise((resolve) => server.close(resolve)) };
}

const clients = new Map();

/** Announces to `url` and answers the peers it was told of when the tracker has answered. */
export function announce({ url, infohash, peerId, port, left = 0 }) {
  return new Promise((resolve, reject) => {
    const client = new Client({ announce: [url], infoHash: infohash, peerId, port });
    clients.set(`${url} ${infohash} ${peerId}`, client);
    const peers = [];
    client.on('peer', (address) => peers.push(address));
    client.on('warning', reject);
    client.on('error', reject);
    // Peers are told after the update, in the same turn.
    client.once('update', ({ complete, incomplete }) => setImmediate(() => resolve({ peers, complete, incomplete })));
    client.start({ left });
  });
}

/** Says that a client of ours leaves. */
export function leave({ url, infohash, peerId }) {
  const key = `${url} ${infohash} ${peerId}`;
  const client = clients.get(key);
  clients.delete(key);
  return new Promise((resolve) => {
    client.once('update', () => client.destroy(() => resolve({})));
    client.stop({ left: 0 });
  });
}

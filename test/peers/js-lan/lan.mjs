// @libp2p/mdns without a node around it: it asks, answers and finds.
import os from 'node:os';

// It joins and sends on what the system lists; here that is loopback alone, so that nothing leaves this machine.
os.networkInterfaces = () => ({ lo: [{ address: '127.0.0.1', family: 'IPv4', internal: true }] });

const { generateKeyPair } = await import('@libp2p/crypto/keys');
const { defaultLogger } = await import('@libp2p/logger');
const { mdns } = await import('@libp2p/mdns');
const { peerIdFromPrivateKey } = await import('@libp2p/peer-id');
const { multiaddr } = await import('@multiformats/multiaddr');

/** Starts it on `port` with one address; `found` hears of each peer. */
export async function startMdns({ key, port, interval, found }) {
  const peerId = peerIdFromPrivateKey(await generateKeyPair({ ed25519: 'Ed25519' }[key] ?? key));
  const address = `/ip4/127.0.0.1/tcp/4001/p2p/${peerId}`;
  const addressManager = { getAddresses: () => [multiaddr(address)] };
  const discovery = mdns({ port, interval })({ logger: defaultLogger(), addressManager });
  discovery.addEventListener('peer', ({ detail: { id, multiaddrs } }) => {
    found({ peerId: id.toString(), addresses: multiaddrs.map(String) });
  });
  await discovery.start();
  return { peerId: peerId.toString(), address, stop: () => discovery.stop() };
}

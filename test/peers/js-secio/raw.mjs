// TCP, multistream and secio without a muxer: the listener echoes what it reads inside the secure channel, at once or,
// where a protocol is given, when multistream has agreed on it there.
import multiaddr from 'multiaddr';
import Multistream from 'multistream-select';
import PeerId from 'peer-id';
import TCP from 'libp2p-tcp';
import { checkEcho, describe, many, say, seededChunks, Tally } from '../control.mjs';
import { secio, suiteOf } from './secio.mjs';

/** Starts the listeners. */
export async function startRaw({ peerId, listen, protocol }) {
  const tcp = new TCP({ upgrader: upgraderOf(peerId, protocol) });
  const listeners = await Promise.all(
    listen.map(async (address) => {
      const listener = tcp.createListener({}, ({ maConn, channel }) => void echoBack(maConn, channel));
      await listener.listen(multiaddr(address));
      return listener;
    }),
  );
  const addresses = listeners.flatMap((listener) => listener.getAddrs()).map((a) => `${a}/p2p/${peerId.toB58String()}`);
  const echo = (params) => rawEcho(tcp, params);
  return {
    addresses,
    stop: () => Promise.all(listeners.map((listener) => listener.close())),
    commands: {
      dial: ({ address }) => echo({ address }),
      echo,
      dialMany: (params) => many(params, async () => () => echo({ size: 1, ...params })),
    },
  };
}

/** What the TCP transport calls on each new socket; an address without `/p2p/` leaves the peer id unchecked. */
function upgraderOf(peerId, protocol) {
  const agreed = async (Side, method, channel) =>
    protocol === undefined ? channel : (await new Side(channel)[method]([protocol])).stream;
  return {
    upgradeInbound: async (maConn) => {
      try {
        const { stream } = await new Multistream.Listener(maConn).handle([secio.protocol]);
        const { conn } = await secio.secureInbound(peerId, stream);
        return { maConn, channel: await agreed(Multistream.Listener, 'handle', conn) };
      } catch (error) {
        await maConn.close();
        throw error;
      }
    },
    upgradeOutbound: async (maConn) => {
      try {
        const expected = maConn.remoteAddr.getPeerId();
        const { stream } = await new Multistream.Dialer(maConn).select([secio.protocol]);
        const wanted = expected ? PeerId.createFromB58String(expected) : undefined;
        const { conn, remotePeer } = await secio.secureOutbound(peerId, stream, wanted);
        return { maConn, channel: await agreed(Multistream.Dialer, 'select', conn), remotePeer };
      } catch (error) {
        await maConn.close();
        throw error;
      }
    },
  };
}

/** Ends when the other side does; the library's pipes close the socket behind it. */
async function echoBack(maConn, channel) {
  try {
    await new Promise((resolve, reject) => {
      const pieces = async function* () {
        try {
          for await (const piece of channel.source) yield piece.slice();
          resolve();
        } catch (error) {
          reject(error);
        }
      };
      Promise.resolve(channel.sink(pieces())).catch(reject);
    });
  } catch (error) {
    say({ event: 'inboundFailed', error: describe(error) });
    await maConn.close();
  }
}

async function rawEcho(tcp, { address, size = 0, seed = 0, chunk }) {
  const started = performance.now();
  const { maConn, channel, remotePeer } = await tcp.dial(multiaddr(address));
  const [sent, got] = [new Tally(), new Tally()];
  let allBack;
  const done = new Promise((resolve) => (allBack = resolve));
  const write = async function* () {
    for (const piece of seededChunks(seed, size, chunk)) {
      sent.add(piece);
      yield piece;
    }
    await done; // the channel has no half-close: it stays open until all came back
  };
  channel.sink(write());
  if (size > 0) {
    for await (const piece of channel.source) {
      got.add(piece.slice());
      if (got.bytes >= size) break;
    }
  }
  allBack();
  await maConn.close();
  const id = remotePeer.toB58String();
  return { peerId: id, suite: suiteOf(id), ...checkEcho(sent, got), millis: performance.now() - started };
}

// Commands about single streams of an open connection: the list of protocols, a reset in the middle, a half-close, and
// many streams at once.
import multistream from 'multistream-select';
import pull from 'pull-stream';

const ECHO = '/echo/1.0.0';
const PERF = '/perf/1.0.0';
const RESET = '/reset/1.0.0';

/** Commands on the muxer of a connection that `dial` or the other side opened. */
export function lowLevel(node) {
  const muxerOf = (peerId) => {
    const connection = node._switch.connection.getAllById(peerId).find(({ muxer }) => muxer !== undefined);
    if (connection === undefined) throw new Error(`no muxed connection to ${peerId}`);
    return connection.muxer;
  };
  const newStream = (peerId) =>
    new Promise((resolve, reject) => {
      const muxer = muxerOf(peerId);
      const stream = muxer.newStream((error) => (error ? reject(error) : resolve(stream)));
    });
  const negotiated = async (peerId) => {
    const dialer = new multistream.Dialer();
    const stream = await newStream(peerId);
    await new Promise((resolve, reject) => dialer.handle(stream, (error) => (error ? reject(error) : resolve())));
    return dialer;
  };
  const select = async (peerId, protocol) => {
    const dialer = await negotiated(peerId);
    return new Promise((resolve, reject) =>
      dialer.select(protocol, (error, connection) => (error ? reject(error) : resolve(connection))),
    );
  };
  return {
    /** What the other side says it speaks, on a stream of its own. */
    ls: async ({ peerId }) => {
      const dialer = await negotiated(peerId);
      const protocols = await new Promise((resolve, reject) =>
        dialer.ls((error, list) => (error ? reject(error) : resolve(list))),
      );
      return { protocols };
    },
    /** Sends a protocol that nobody has, and tells what came of it. */
    select: async ({ peerId, protocol }) => {
      try {
        await select(peerId, protocol);
        return { selected: true };
      } catch (error) {
        return { selected: false, error: error.message };
      }
    },
    /** Opens an echo, sends a little, hears it, and aborts the stream. */
    resetMine: async ({ peerId }) => {
      const connection = await select(peerId, ECHO);
      const heard = await new Promise((resolve, reject) => {
        let sent = false;
        connection.sink((abort, callback) => {
          if (abort || sent) return; // stays open: the abort below ends it
          sent = true;
          callback(null, Buffer.from('hello'));
        });
        connection.source(null, (end, piece) => (end ? reject(new Error(String(end))) : resolve(String(piece))));
      });
      await new Promise((resolve) => connection.source(true, resolve));
      return { heard };
    },
    /** Opens a stream that the other side resets; tells how it ended. */
    resetTheirs: async ({ peerId }) => {
      // The reset may overtake the answer to the proposal.
      const connection = await select(peerId, RESET).catch((error) => error);
      if (connection instanceof Error) return { error: connection.message };
      return new Promise((resolve) => {
        pull(
          connection,
          pull.onEnd((error) => resolve({ error: error ? String(error) : 'end' })),
        );
      });
    },
    /** Sends all, ends, and only then reads: what a half-close is for. */
    halfClose: async ({ peerId, receive = 100_000 }) => {
      const connection = await select(peerId, PERF);
      const head = Buffer.alloc(8);
      head.writeBigUInt64BE(BigInt(receive));
      return new Promise((resolve, reject) => {
        let received = 0;
        pull(
          pull.values([head]),
          connection,
          pull.drain(
            (piece) => void (received += piece.length),
            (error) => (error ? reject(error) : resolve({ received })),
          ),
        );
      });
    },
    /** The muxer's own ping. */
    pingMuxer: ({ peerId }) =>
      new Promise((resolve, reject) => {
        const { spdy } = muxerOf(peerId);
        if (spdy === undefined) throw new Error('the muxer has no ping');
        spdy.ping((error) => (error ? reject(error) : resolve({})));
      }),
  };
}

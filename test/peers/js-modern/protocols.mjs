// The byte protocols every peer serves, on js-libp2p 3 streams, which are event targets.
import { setImmediate } from 'node:timers/promises';
import { zeroChunks } from '../control.mjs';

const TURN_BYTES = 1024 * 1024;

export const ECHO = '/echo/1.0.0';
export const PERF = '/perf/1.0.0';
export const STALL = '/stall/1.0.0';

/** Registers the handlers. */
export async function serveProtocols(node, limits) {
  const serve = (protocol, handler) =>
    node.handle(
      protocol,
      (stream) => {
        handler(stream).catch((error) => stream.abort(error));
      },
      limits,
    );
  await serve(ECHO, async (stream) => {
    await readToEnd(stream, (piece) => {
      if (stream.send(piece)) return;
      stream.pause();
      stream.onDrain().then(
        () => stream.readStatus === 'paused' && stream.resume(),
        () => {},
      );
    });
    await stream.close();
  });
  await serve(PERF, async (stream) => {
    const head = Buffer.alloc(8);
    let filled = 0;
    await readToEnd(stream, (piece) => {
      if (filled === 8) return;
      filled += Buffer.from(piece.subarray()).copy(head, filled);
    });
    if (filled < 8) throw new Error('the upload ended before its head');
    await writeAll(stream, zeroChunks(Number(head.readBigUInt64BE())));
    await stream.close();
  });
  await serve(STALL, async (stream) => stream.pause());
}

/** The dialer's half of `/perf/1.0.0`; resolves with the bytes that came. */
export async function perfOver(stream, send, receive) {
  const head = Buffer.alloc(8);
  head.writeBigUInt64BE(BigInt(receive));
  let received = 0;
  const upload = async () => {
    await writeAll(stream, [head]);
    await writeAll(stream, zeroChunks(send));
    await stream.close();
  };
  try {
    await Promise.all([readToEnd(stream, (piece) => (received += piece.byteLength)), upload()]);
  } catch (error) {
    stream.abort(error);
    throw error;
  }
  if (received !== receive) throw new Error(`asked for ${receive} bytes, got ${received}`);
  return received;
}

/** Writes the pieces as the stream takes them; timers and other streams get their turn now and then. */
export async function writeAll(stream, pieces, onPiece = () => {}) {
  let bytes = 0;
  for (const piece of pieces) {
    onPiece(piece);
    if (!stream.send(piece)) await stream.onDrain();
    bytes += piece.length;
    if (bytes < TURN_BYTES) continue;
    bytes = 0;
    await setImmediate();
  }
}

/**
 * Hands over what arrives until the other side ends its half. The stream's own iterator misses an end that came
 * before it was asked, so the events are read directly.
 */
export function readToEnd(stream, onPiece) {
  return new Promise((resolve, reject) => {
    const ended = () => {
      if (stream.readableEnded) resolve();
    };
    stream.addEventListener('end', () => resolve());
    stream.addEventListener('close', ({ error }) => (error ? reject(error) : resolve()));
    stream.addEventListener('message', ({ data }) => {
      try {
        onPiece(data);
      } catch (error) {
        reject(error);
      }
    });
    ended();
  });
}

/**
 * The perf protocol (libp2p/specs perf/perf.md): the client says in 8 bytes how much it wants back, sends as much as it
 * likes and closes; the server then sends what was asked for and closes. It lets anybody use up bandwidth, so a node
 * registers it only when told to.
 */
import { EngineError } from '../../errors.js';
import type { Environment } from '../environment.js';
import { ReceiveBuffer } from '../receive-buffer.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';
import { respond, writeZeros } from './stream-turns.js';

export const PERF_PROTOCOL = '/perf/1.0.0';

/** The number at the beginning: big-endian, 64 bits. */
const HEADER_BYTES = 8;

/** What {@link requestPerf} is to move. */
export interface PerfOptions {
  readonly sendBytes: number;
  readonly receiveBytes: number;
}

/** What {@link requestPerf} measured. */
export interface PerfResult extends PerfOptions {
  /** From the first byte sent to the first byte back, or to the server's close if it sends nothing. */
  readonly uploadMs: number;
  /** From there to the server's close. */
  readonly downloadMs: number;
}

/**
 * Serves one measurement: counts what comes, then sends what was asked for at the pace at which the client reads.
 * Resolves when the stream is closed; rejects with `ERR_STREAM_ENDED` when the client closes within the first 8 bytes.
 */
export function answerPerf(environment: Environment, stream: ProtocolStream): Promise<void> {
  const header = new ReceiveBuffer();
  return respond(environment, stream, {
    answer: (chunk) => {
      if (header.length < HEADER_BYTES) header.append(chunk.subarray(0, HEADER_BYTES - header.length));
      return undefined;
    },
    ended: () => {
      const bytes = header.take(HEADER_BYTES);
      if (bytes === undefined) throw ended('the client closed before it said how much it wants');
      const size = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES).getBigUint64(0);
      writeZeros(stream, size, () => stream.closeWrite());
    },
  });
}

/**
 * Measures a peer on a stream of {@link PERF_PROTOCOL}. It has no deadline of its own: a caller that is tired of waiting
 * resets the stream. Rejects with what reset it, with `ERR_STREAM_ENDED` when the server sends less than was asked for,
 * with `ERR_WIRE_TOO_LARGE` when it sends more, and with `ERR_INVALID_ARGUMENT` for sizes that are no byte counts.
 */
export async function requestPerf(
  environment: Environment,
  stream: ProtocolStream,
  options: PerfOptions,
): Promise<PerfResult> {
  const { clock } = environment;
  const { sendBytes, receiveBytes } = options;
  for (const [name, value] of Object.entries({ sendBytes, receiveBytes })) {
    if (Number.isSafeInteger(value) && value >= 0) continue;
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `${name} must be a non-negative integer, got ${value}`);
  }
  const startedMs = clock.now();
  let answeredMs: number | undefined;
  let receivedBytes = 0;
  let hasSent = false;
  const header = new Uint8Array(HEADER_BYTES);
  new DataView(header.buffer).setBigUint64(0, BigInt(receiveBytes));
  stream.write(header);
  const done = respond(environment, stream, {
    answer: (chunk) => {
      answeredMs ??= clock.now();
      receivedBytes += chunk.length;
      if (receivedBytes <= receiveBytes) return undefined;
      throw new EngineError('ERR_WIRE_TOO_LARGE', 'remote', `perf: over the ${receiveBytes} bytes that were asked for`);
    },
    ended: () => {
      if (!hasSent) throw ended('the server closed before it was sent everything');
      if (receivedBytes < receiveBytes) throw ended(`${receivedBytes} of ${receiveBytes} bytes came back`);
      stream.closeWrite();
    },
  });
  environment.turns.post(() =>
    writeZeros(stream, BigInt(sendBytes), () => {
      hasSent = true;
      stream.closeWrite();
    }),
  );
  await done;
  const endedMs = clock.now();
  answeredMs ??= endedMs;
  return { sendBytes, receiveBytes, uploadMs: answeredMs - startedMs, downloadMs: endedMs - answeredMs };
}

function ended(why: string): EngineError {
  return new EngineError('ERR_STREAM_ENDED', 'remote', `perf: ${why}`);
}

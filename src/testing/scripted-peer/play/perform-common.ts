/** Performs the steps that belong to no layer. */
import { inFields } from '../match.js';
import type { CommandType } from '../script/commands.js';
import { expectMessage, type Perform } from './expecting.js';
import { Mismatch, type Waiting } from './failure.js';
import { take, takeBytes, Unreadable, unreadOf } from './source.js';
import type { Stage } from './stage.js';

type CommonType = Exclude<CommandType, `${string}.${string}`>;

/** What these steps ask of the connection itself. */
export interface ConnectionEnds {
  end(): void;
  drop(): void;
}

const NONE = new Uint8Array(0);

/** The performers for a connection. */
export function commonPerformers(connection: ConnectionEnds): { readonly [Type in CommonType]: Perform<Type> } {
  return {
    chunking: (stage, [chunking]) => {
      stage.setChunking(chunking);
      return undefined;
    },
    wait: (stage, [durationMs]) => {
      const leftMs = durationMs - elapsedInStep(stage);
      return leftMs <= 0
        ? undefined
        : { expected: [`${durationMs} ms to pass`], unread: () => NONE, againInMs: leftMs };
    },
    call: (stage, [, action]) => {
      const result = action();
      if (result instanceof Promise) result.catch((error: unknown) => stage.options.failed(error));
      return undefined;
    },
    sendRaw: (stage, [bytes, { cut }]) => {
      const raw = stage.bytesOf(bytes);
      stage.note({ direction: 'sent', layer: 'wire', message: 'bytes', bytes: raw });
      stage.sendFrame({ bytes: raw, prefixBytes: 0 }, cut);
      return undefined;
    },
    expectRaw: (stage, [wanted, options]) => {
      const size = wanted instanceof Uint8Array ? wanted.length : wanted;
      const read =
        typeof size === 'number'
          ? () => takeBytes(stage.wire, size)
          : () => take(stage.wire, (bytes) => (bytes.length === 0 ? undefined : { value: bytes, size: bytes.length }));
      const match = typeof wanted === 'number' ? undefined : wanted;
      const message = typeof wanted === 'number' ? `${wanted} bytes` : 'bytes';
      return expectMessage(stage, { layer: 'wire', message, match, options, source: stage.wire, read });
    },
    sendAgain: (stage) => {
      stage.sendAgain();
      return undefined;
    },
    end: () => {
      connection.end();
      return undefined;
    },
    drop: () => {
      connection.drop();
      return undefined;
    },
    expectClose: (stage) => expectEnd(stage, 'the peer closes the connection', () => stage.ended !== undefined),
    expectDrop: (stage) => {
      if (stage.ended?.kind === 'closed' && stage.ended.error === undefined) {
        throw new Mismatch(['the peer drops the connection'], ['the peer closed it in order'], NONE);
      }
      return expectEnd(stage, 'the peer drops the connection', () => stage.ended?.error !== undefined);
    },
    expectNothingFor: (stage, [durationMs], stream) => {
      const expected = [`nothing for ${durationMs} ms`];
      const came = whatCame(stage, stream);
      if (came !== undefined) throw new Mismatch(expected, came.words, came.bytes);
      if (stage.ended !== undefined) throw new Mismatch(expected, ['the end of the connection'], NONE);
      const leftMs = durationMs - elapsedInStep(stage);
      return leftMs <= 0 ? undefined : { expected, unread: () => NONE, againInMs: leftMs };
    },
  };
}

function expectEnd(stage: Stage, expected: string, isOver: () => boolean): Waiting | undefined {
  if (stage.muxer.isUsed) passOver(stage);
  return isOver() ? undefined : { expected: [expected], unread: () => unreadOf(stage.source), awaitsEnd: true };
}

/** Frames that come before the end are noted; what is none stays unread. */
function passOver(stage: Stage): void {
  try {
    stage.muxer.waiting();
  } catch (thrown) {
    if (!(thrown instanceof Unreadable)) throw thrown;
  }
}

/** What no step has asked for: on a stream, or on the connection. */
function whatCame(
  stage: Stage,
  stream: string | undefined,
): { readonly words: readonly string[]; readonly bytes: Uint8Array } | undefined {
  if (stage.muxer.isUsed) {
    const [arrival] = stream === undefined ? stage.muxer.waiting() : stage.muxer.waitingOn(stream);
    if (arrival !== undefined) return { words: inFields(arrival.frame), bytes: arrival.bytes };
  }
  const source = stage.sourceOf(stream);
  while (source.buffer.length === 0 && source.fill());
  const unread = unreadOf(source);
  return unread.length === 0 ? undefined : { words: [`${unread.length} bytes`], bytes: unread };
}

function elapsedInStep(stage: Stage): number {
  return stage.options.elapsedMs() - stage.stepBeganMs;
}

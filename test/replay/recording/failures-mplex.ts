/** Every failure of an mplex session and of its streams that a peer can bring about, said in bare bytes. */
import { firstValueFrom } from 'rxjs';
import type { Host } from '../../../src/host/host.js';
import type { ScriptedPeer, Steps } from '../../../src/testing/scripted-peer/index.js';
import { encodeMultistreamMessage, MULTISTREAM_ID } from '../../../src/wire/multistream.js';
import { encodeMplexHeader, MPLEX_FLAG } from '../../../src/wire/mplex.js';
import type { Recipe } from './recipe.js';
import { agreed, dialedFailure, VERY_LONG_MS, type Failure } from './virtual.js';

const SILENCE = { withinMs: VERY_LONG_MS };
const ECHO = '/echo/1.0.0';
/** The node's first stream is identify's, the second is the echo. */
const ECHO_ID = 1;

/** One message; `length` says otherwise than the body where a failure is in it. */
function message(
  flag: keyof typeof MPLEX_FLAG,
  streamId: number,
  body: Uint8Array = new Uint8Array(0),
  length = body.length,
): Uint8Array {
  return joined(encodeMplexHeader(MPLEX_FLAG[flag], streamId, length), body);
}

function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}

const AGREED = message(
  'messageReceiver',
  ECHO_ID,
  joined(encodeMultistreamMessage(MULTISTREAM_ID), encodeMultistreamMessage(ECHO)),
);

/** The script has an mplex session, over plaintext so that the trace shows every byte, and the node has opened its streams. */
function opened(peer: ScriptedPeer): Steps {
  return agreed(peer, 'plaintext').plaintext.handshake().multistream.accept('/mplex/6.7.0').wait(10);
}

/** A fault on the wire, with an echo of the node open. */
function fault(
  name: string,
  title: string,
  code: Failure['code'],
  bytes: Uint8Array,
  more: Partial<Failure> = {},
): Failure {
  const { options = {}, ...rest } = more;
  return {
    name: `mplex-${name}`,
    title,
    code,
    script: (peer) => opened(peer).sendRaw(AGREED).sendRaw(bytes).expectClose(SILENCE),
    call: streamEnds,
    ...rest,
    options: { muxers: ['mplex'], ...options },
  };
}

/** Opens an echo, and answers how its bytes end. */
async function streamEnds(node: Host, address: string): Promise<unknown> {
  return firstValueFrom((await node.openStream(address, ECHO)).data$);
}

/** Opens an echo, never reads it, and answers how it ends. */
async function unreadEnds(node: Host, address: string): Promise<unknown> {
  return (await node.openStream(address, ECHO)).closed;
}

/** Identify's stream is the first; the second of these is the one too many. */
async function twice(node: Host, address: string): Promise<unknown> {
  await node.dial(address);
  node.openStream(address, ECHO).catch(() => undefined);
  return node.openStream(address, ECHO);
}

const MPLEX: readonly Failure[] = [
  fault('bad-header', 'the peer sends a flag that there is not', 'ERR_MPLEX_BAD_HEADER', Uint8Array.of(7, 0)),
  fault(
    'message-too-large',
    'the peer announces a message of 1 MiB and a byte',
    'ERR_MPLEX_MESSAGE_TOO_LARGE',
    message('messageReceiver', ECHO_ID, undefined, 1024 * 1024 + 1),
  ),
  fault(
    'name-too-long',
    'the peer announces a name of 257 bytes',
    'ERR_MPLEX_NAME_TOO_LONG',
    message('newStream', 0, undefined, 257),
  ),
  fault(
    'bad-stream-id',
    'the peer opens two streams with one id',
    'ERR_MPLEX_BAD_STREAM_ID',
    joined(message('newStream', 0), message('newStream', 0)),
  ),
  fault(
    'unexpected',
    'the peer sends data behind its close: the stream is lost, the session is not',
    'ERR_MPLEX_UNEXPECTED',
    joined(message('closeReceiver', ECHO_ID), message('messageReceiver', ECHO_ID, Uint8Array.of(1))),
    { call: unreadEnds },
  ),
  fault(
    'queue-full',
    'the reader stalls, and a byte more comes than may wait: the stream is lost, the session is not',
    'ERR_MPLEX_QUEUE_FULL',
    message('messageReceiver', ECHO_ID, new Uint8Array(1001)),
    { call: unreadEnds, options: { limits: { mplexStreamQueueBytes: 1000 } } },
  ),
  fault('stream-reset', 'the peer resets a stream', 'ERR_STREAM_RESET', message('resetReceiver', ECHO_ID)),
  fault(
    'transport-ended',
    'the peer closes the connection with streams open',
    'ERR_TRANSPORT_ENDED',
    new Uint8Array(0),
    { script: (peer) => opened(peer).sendRaw(AGREED).end() },
  ),
  fault(
    'too-many-streams',
    'more streams of ours than a connection may have',
    'ERR_MPLEX_TOO_MANY_STREAMS',
    new Uint8Array(0),
    {
      script: (peer) => opened(peer).expectClose(SILENCE),
      call: twice,
      options: { limits: { mplexOutboundStreams: 2 } },
    },
  ),
];

export const MPLEX_FAILURES: readonly Recipe[] = MPLEX.map(dialedFailure);

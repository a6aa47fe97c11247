/** Inbound streams of the DHT: so many at once, each answered request by request. */
import { EngineError, toEngineError, type ErrorCode } from '../../errors.js';
import { kadInboundMachine, type KadInboundEffect } from '../../machines/kad-inbound.js';
import { toHex } from '../../wire/hex.js';
import { encodeKad, type KadMessage } from '../../wire/kad.js';
import { encodeVarintPrefixed } from '../../wire/length-prefixed.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';
import type { KadAnswers } from './kad-answers.js';
import { KadStream } from './kad-stream.js';

/** Answers on streams. */
export class KadServer {
  readonly #environment: Environment;
  readonly #answers: Pick<KadAnswers, 'answer'>;
  readonly #streams = new Set<InboundKadStream>();
  readonly #ofPeer = new Map<string, number>();
  #isStopped = false;

  constructor(environment: Environment, answers: Pick<KadAnswers, 'answer'>) {
    this.#environment = environment;
    this.#answers = answers;
  }

  /** Streams that are open. */
  get size(): number {
    return this.#streams.size;
  }

  /**
   * Answers on a stream that a peer opened, until it closes or asks nothing for too long: to be registered as a stream
   * handler. Rejects with what the peer did wrong, the stream reset: `ERR_KAD_...` (ended, too large, bad message, stalled,
   * busy), and with what was refused.
   */
  readonly handle = (stream: ProtocolStream): Promise<void> =>
    new Promise((resolve, reject) => {
      this.#environment.turns.post(() => this.#take(stream, resolve, reject));
    });

  /** Ends every stream, and takes none any more. */
  stop(): void {
    this.#environment.turns.post(() => {
      this.#isStopped = true;
      for (const stream of [...this.#streams]) stream.close();
    });
  }

  #take(stream: ProtocolStream, resolve: () => void, reject: (error: EngineError) => void): void {
    const refusal = this.#refusal(stream);
    if (refusal !== undefined) {
      stream.reset();
      reject(refusal);
      return;
    }
    const peer = stream.connection.remotePeer;
    const inbound = new InboundKadStream(this.#environment, stream, this.#answers, (fault) => {
      this.#streams.delete(inbound);
      const left = (this.#ofPeer.get(peer) ?? 1) - 1;
      if (left > 0) this.#ofPeer.set(peer, left);
      else this.#ofPeer.delete(peer);
      if (fault === undefined) resolve();
      else reject(fault);
    });
    this.#streams.add(inbound);
    this.#ofPeer.set(peer, (this.#ofPeer.get(peer) ?? 0) + 1);
    inbound.start();
  }

  #refusal({ connection }: ProtocolStream): EngineError | undefined {
    const { kadInboundStreams, kadInboundStreamsPerPeer } = this.#environment.limits;
    if (this.#isStopped) return new EngineError('ERR_NODE_STOPPED', 'local', 'the DHT is stopped');
    const ofPeer = this.#ofPeer.get(connection.remotePeer) ?? 0;
    const isFull = this.#streams.size >= kadInboundStreams;
    if (!isFull && ofPeer < kadInboundStreamsPerPeer) return undefined;
    const what = isFull
      ? `${kadInboundStreams} streams of the DHT are open`
      : `the peer has ${ofPeer} streams of the DHT open`;
    return new EngineError('ERR_KAD_BUSY', isFull ? 'local' : 'remote', what);
  }
}

/** One stream. */
class InboundKadStream {
  readonly #environment: Environment;
  readonly #stream: KadStream;
  readonly #answers: Pick<KadAnswers, 'answer'>;
  readonly #onEnded: (fault: EngineError | undefined) => void;
  readonly #machine: MachineActor<typeof kadInboundMachine>;
  #request: KadMessage | undefined;
  #answer: Uint8Array = NO_BYTES;
  #cause: EngineError | undefined;
  #fault: EngineError | undefined;

  constructor(
    environment: Environment,
    stream: ProtocolStream,
    answers: Pick<KadAnswers, 'answer'>,
    onEnded: (fault: EngineError | undefined) => void,
  ) {
    this.#environment = environment;
    this.#answers = answers;
    this.#onEnded = onEnded;
    const { kadRequestBytes: maxBytes, kadInboundIdleMs, kadAnswerTimeoutMs, kadSendTimeoutMs } = environment.limits;
    this.#stream = new KadStream({ environment, stream, maxBytes });
    this.#machine = spawnMachine(environment, kadInboundMachine, {
      address: `${stream.address}/kad`,
      input: { idleMs: kadInboundIdleMs, answerTimeoutMs: kadAnswerTimeoutMs, sendTimeoutMs: kadSendTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => {
        this.#stream.reset();
        this.#onEnded(error);
      },
    });
  }

  start(): void {
    this.#stream.listener = {
      message: (request) => {
        this.#request = request;
        this.#machine.send({ type: 'wire.request' });
      },
      refused: (error) => {
        this.#cause = error;
        this.#machine.send({ type: error.code === 'ERR_KAD_TOO_LARGE' ? 'wire.tooLarge' : 'wire.malformed' });
      },
      ended: (isCut) => this.#machine.send({ type: isCut ? 'stream.cut' : 'stream.ended' }),
      // The next requests wait for their turn.
      stirred: () => undefined,
      reset: () => this.#machine.send({ type: 'stream.reset' }),
      drained: () => {
        if (this.#machine.state === 'sending') this.#machine.send({ type: 'stream.drained' });
      },
    };
    this.#machine.start();
    this.#stream.start();
  }

  close(): void {
    this.#machine.send({ type: 'local.close' });
  }

  #perform(effect: KadInboundEffect): void {
    switch (effect.type) {
      case 'read.request':
        this.#stream.read();
        return;
      case 'answer.request':
        this.#answerRequest();
        return;
      case 'send.answer':
        this.#send();
        return;
      case 'close.write':
        this.#stream.closeWrite();
        return;
      case 'reset.stream':
        this.#stream.reset();
        return;
      case 'report.fault':
        this.#fault = this.#faultOf(effect.code);
        return;
      case 'report.ended':
        this.#onEnded(this.#fault);
        return;
      default:
        effect satisfies never;
    }
  }

  #answerRequest(): void {
    const request = this.#request;
    if (request === undefined) return;
    try {
      const answer = this.#answers.answer(this.#stream.stream.connection.remotePeer, request);
      if (!(answer instanceof Promise)) {
        this.#answered(answer);
        return;
      }
      const { turns } = this.#environment;
      answer.then(
        (value) => turns.post(() => this.#answered(value)),
        (thrown: unknown) => turns.post(() => this.#refuse(thrown)),
      );
    } catch (thrown) {
      this.#refuse(thrown);
    }
  }

  #answered(answer: KadMessage | undefined): void {
    // It may be too late: reset meanwhile, or stopped.
    if (this.#machine.done) return;
    if (answer === undefined) {
      this.#machine.send({ type: 'answer.none' });
      return;
    }
    try {
      this.#answer = encodeVarintPrefixed(encodeKad(answer, this.#environment.limits.kadReplyBytes));
    } catch (thrown) {
      this.#refuse(thrown);
      return;
    }
    this.#tell(answer);
    this.#machine.send({ type: 'answer.ready' });
  }

  #refuse(thrown: unknown): void {
    this.#cause = toEngineError(thrown, 'ERR_STORE_FAILED', 'local', 'a request to the DHT could not be answered');
    this.#machine.send({ type: 'answer.refused', code: this.#cause.code });
  }

  #send(): void {
    const answer = this.#answer;
    this.#answer = NO_BYTES;
    try {
      if (this.#stream.write(answer)) this.#machine.send({ type: 'stream.drained' });
    } catch {
      this.#machine.send({ type: 'stream.reset' });
    }
  }

  #tell({ type: request, closerPeers, providerPeers }: KadMessage): void {
    const { id: stream, connection } = this.#stream.stream;
    this.#environment.message({
      direction: 'inbound',
      layer: 'protocol',
      connection: connection.id,
      stream,
      event: { type: 'kad.answered', request, closerPeers: closerPeers.length, providerPeers: providerPeers.length },
    });
  }

  #faultOf(code: ErrorCode): EngineError {
    const { machine, lastEvent, stays } = this.#machine;
    const { remotePeer: peer, remoteAddress: address } = this.#stream.stream.connection;
    const { lastBytes } = this.#stream;
    const details = {
      machine,
      // The last stay is the failure itself; the one before it is where the last event came.
      state: stays.at(-2)?.state ?? '',
      lastEvent,
      timeline: [...stays],
      peer,
      address,
      ...(lastBytes.length === 0 ? {} : { lastBytesHex: toHex(lastBytes) }),
    };
    if (this.#cause?.code === code) return this.#cause.withDetails(details);
    const blame = code === 'ERR_KAD_LATE' ? 'local' : code === 'ERR_KAD_UNEXPECTED' ? 'engine' : 'remote';
    return new EngineError(code, blame, `dht: ${describe(code, this.#environment.limits)}`, { details });
  }
}

const NO_BYTES = new Uint8Array(0);

function describe(code: ErrorCode, limits: Environment['limits']): string {
  switch (code) {
    case 'ERR_KAD_ENDED':
      return 'the peer closed the stream in the middle of a request';
    case 'ERR_KAD_LATE':
      return `no answer was found within ${limits.kadAnswerTimeoutMs} ms`;
    case 'ERR_KAD_STALLED':
      return `the peer took too little of its answers within ${limits.kadSendTimeoutMs} ms`;
    default:
      return 'the stream heard something that it does not expect';
  }
}

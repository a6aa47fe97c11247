/**
 * Plays a script on a connection: performs command after command in the moment in which what it needs is there. It is
 * synchronous, so that on virtual time the same inputs give the same run; promises are only at its edge.
 */
import type { Clock, TransportConnection } from '../../../ports.js';
import type { Command } from '../script/commands.js';
import { withinMsOf, type Perform } from './expecting.js';
import { misused, Mismatch, ScriptFailure, type Waiting } from './failure.js';
import { commonPerformers } from './perform-common.js';
import { performMplex } from './perform-mplex.js';
import { performMultistream } from './perform-multistream.js';
import { performNoise } from './perform-noise.js';
import { performPlaintext, performSecio } from './perform-security.js';
import { performSpdy } from './perform-spdy.js';
import { performStream } from './perform-stream.js';
import { performTls } from './perform-tls.js';
import { performYamux } from './perform-yamux.js';
import { Unreadable } from './source.js';
import { Stage, type Ended, type StageOptions } from './stage.js';
import { PacedWriter } from './writer.js';

/** What an interpreter is given. */
export interface InterpreterOptions extends Omit<StageOptions, 'elapsedMs' | 'wallTime' | 'write' | 'failed'> {
  readonly clock: Clock;
  /** Milliseconds that an expectation waits. */
  readonly timeoutMs: number;
  /** Milliseconds that the peer gets to close after the last step. */
  readonly closeTimeoutMs: number;
  readonly onDone: (stage: Stage) => void;
  readonly onFailed: (error: unknown) => void;
}

/** One run. */
export class Interpreter {
  readonly #options: InterpreterOptions;
  readonly #commands: readonly Command[];
  readonly #connection: TransportConnection;
  readonly #stage: Stage;
  readonly #writer: PacedWriter;
  readonly #performers: Readonly<Record<string, Perform<never>>>;
  readonly #beganMs: number;
  #next = 0;
  #phase: 'playing' | 'closing' | 'over' = 'playing';
  #isPlaying = false;
  #isDue = false;
  /** What the step at hand waits for. */
  #waiting: Waiting | undefined;
  #deadline: unknown;
  #again: unknown;

  constructor(options: InterpreterOptions, commands: readonly Command[], connection: TransportConnection) {
    const { clock } = options;
    this.#options = options;
    this.#commands = commands;
    this.#connection = connection;
    this.#beganMs = clock.now();
    this.#writer = new PacedWriter(clock, connection, () => this.#play());
    this.#stage = new Stage({
      ...options,
      elapsedMs: () => clock.now() - this.#beganMs,
      wallTime: () => clock.wallTime(),
      write: (bytes, paced) => this.#write(bytes, paced),
      failed: (error) => this.#failWith(error),
    });
    const ends = { end: () => connection.end(), drop: () => connection.destroy() };
    this.#performers = {
      ...commonPerformers(ends),
      ...performMultistream,
      ...performPlaintext,
      ...performSecio,
      ...performNoise,
      ...performTls,
      ...performYamux,
      ...performMplex,
      ...performSpdy,
      ...performStream,
    };
  }

  /** Takes the connection and begins. */
  start(): void {
    this.#connection.open({
      onChunk: (chunk) => this.#heard([chunk]),
      onChunks: (chunks) => this.#heard(chunks),
      onDrained: () => undefined,
      onEnded: () => this.#ended({ kind: 'ended' }),
      onClosed: (error) => this.#ended({ kind: 'closed', error }),
    });
    this.#play();
  }

  /** Ends it where it stands. */
  stop(): void {
    if (this.#phase === 'playing') this.#fail(['the script to go on'], ['it was stopped'], new Uint8Array(0));
  }

  // ------------------------------------------------------------ playing

  #heard(chunks: readonly Uint8Array[]): void {
    // After the last step the peer may still speak; nobody reads it any more.
    if (this.#phase !== 'playing') return;
    for (const chunk of chunks) this.#stage.wire.buffer.append(chunk);
    this.#play();
  }

  /** Performs what can be performed now. Called for every event; never runs inside itself. */
  #play(): void {
    this.#isDue = true;
    if (this.#isPlaying) return;
    this.#isPlaying = true;
    while (this.#isDue) {
      this.#isDue = false;
      try {
        this.#performDue();
      } catch (thrown) {
        this.#failWith(thrown);
      }
    }
    this.#isPlaying = false;
  }

  #performDue(): void {
    while (this.#phase === 'playing' && this.#writer.isIdle) {
      const command = this.#commands[this.#next];
      if (command === undefined || !isSending(command)) this.#stage.flush();
      if (!this.#writer.isIdle) return;
      if (command === undefined) {
        this.#close();
        return;
      }
      const waiting = this.#perform(command);
      if (waiting !== undefined) {
        this.#wait(command, waiting);
        return;
      }
      this.#clearTimers();
      this.#next++;
      this.#stage.step = this.#next + 1;
      this.#stage.stepBeganMs = this.#options.clock.now() - this.#beganMs;
    }
  }

  #perform(command: Command): Waiting | undefined {
    const perform = this.#performers[command.type];
    if (perform === undefined) throw misused(`there is no step ${command.type}`);
    // The table is typed by command; looking up one of its union loses which.
    return perform(this.#stage, command.args as never, command.stream);
  }

  #wait(command: Command, waiting: Waiting): void {
    const { expected, unread, againInMs, awaitsEnd } = waiting;
    this.#waiting = waiting;
    const { clock, timeoutMs } = this.#options;
    if (againInMs !== undefined) {
      clock.clearTimeout(this.#again);
      this.#again = clock.setTimeout(() => this.#play(), againInMs);
      return;
    }
    const { ended } = this.#stage;
    if (ended !== undefined && (awaitsEnd !== true || ended.kind === 'closed')) {
      const bytes = unread();
      this.#fail(expected, [...describeEnd(ended), ...described(bytes)], bytes, ended.error);
      return;
    }
    const limitMs = withinMsOf(command) ?? timeoutMs;
    this.#deadline ??= clock.setTimeout(() => this.#timedOut(limitMs), limitMs);
  }

  #timedOut(limitMs: number): void {
    if (this.#waiting === undefined) return;
    const { expected, unread } = this.#waiting;
    const bytes = unread();
    const what = bytes.length === 0 ? 'nothing' : `only ${bytes.length} bytes that are not enough, or not asked for,`;
    this.#fail(expected, [`${what} within ${limitMs} ms`], bytes);
  }

  #write(bytes: Uint8Array, paced: boolean): void {
    // The peer may have closed while the script was still speaking: a kernel would drop it as well.
    if (this.#stage.ended?.kind !== 'closed') this.#writer.write(bytes, paced);
  }

  // ------------------------------------------------------------ ending

  #ended(ended: Ended): void {
    this.#stage.ended = ended.kind === 'closed' ? { ...ended, error: ended.error } : (this.#stage.ended ?? ended);
    if (this.#phase === 'playing') this.#play();
    else if (ended.kind === 'closed') this.#over();
  }

  /** Every step is done: says so to the peer, and waits for its end. */
  #close(): void {
    this.#phase = 'closing';
    this.#clearTimers();
    if (this.#stage.ended?.kind === 'closed') {
      this.#over();
      return;
    }
    const { clock, closeTimeoutMs } = this.#options;
    this.#deadline = clock.setTimeout(() => {
      this.#connection.destroy();
      this.#over();
    }, closeTimeoutMs);
    this.#connection.end();
  }

  #over(): void {
    if (this.#phase !== 'closing') return;
    this.#phase = 'over';
    this.#clearTimers();
    this.#options.onDone(this.#stage);
  }

  #failWith(thrown: unknown): void {
    const none = new Uint8Array(0);
    if (thrown instanceof Mismatch) this.#fail(thrown.expected, thrown.received, thrown.bytes, thrown.cause);
    else if (thrown instanceof Unreadable)
      this.#fail(['bytes that can be read'], [thrown.message], thrown.bytes, thrown);
    else
      this.#fail(
        ['a step that can be done'],
        [thrown instanceof Error ? thrown.message : String(thrown)],
        none,
        thrown,
      );
  }

  #fail(expected: readonly string[], received: readonly string[], bytes: Uint8Array, cause?: unknown): void {
    if (this.#phase !== 'playing') return;
    this.#phase = 'over';
    this.#clearTimers();
    this.#writer.stop();
    this.#connection.destroy();
    const { step, exchanged } = this.#stage;
    const commands = this.#commands;
    this.#options.onFailed(new ScriptFailure({ step, commands, expected, received, bytes, exchanged, cause }));
  }

  #clearTimers(): void {
    const { clock } = this.#options;
    if (this.#deadline !== undefined) clock.clearTimeout(this.#deadline);
    if (this.#again !== undefined) clock.clearTimeout(this.#again);
    this.#deadline = undefined;
    this.#again = undefined;
    this.#waiting = undefined;
  }
}

/** Whether a command only adds to what is sent, so that it can be joined with those around it. */
function isSending({ type }: Command): boolean {
  const name = type.slice(type.lastIndexOf('.') + 1);
  return !name.startsWith('expect') && !APART.has(name);
}

/** Steps before which everything gathered leaves. */
const APART = new Set(['wait', 'call', 'chunking', 'end', 'drop', 'sendRaw', 'sendAgain']);

function describeEnd({ kind, error }: Ended): string[] {
  if (error !== undefined) return [`the connection is gone: ${error.message}`];
  return [kind === 'ended' ? 'the peer closed its side of the connection' : 'the connection is closed'];
}

function described(unread: Uint8Array): string[] {
  return unread.length === 0 ? [] : [`${unread.length} bytes came before that`];
}

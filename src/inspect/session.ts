/**
 * One page at a source, over a channel of text: says hello, hands on records in batches, keeps to the page's credit and to
 * how fast it reads, and carries out its orders.
 */
import { EngineError, toEngineError } from '../errors.js';
import type { Limits } from '../limits.js';
import type { Clock } from '../ports.js';
import type { TraceRecord } from '../trace/format.js';
import { INSPECT_CONTRACT, type InspectAbility, type InspectCommand, type InspectMessage } from './contract.js';
import { MAIN_TRACE } from './live-feed.js';
import { abilityFor, parseRequest } from './requests.js';
import type { InspectFeed, InspectSource, InspectWatcher } from './source.js';

/** What a session speaks over. */
export interface InspectChannel {
  /** Bytes that were given to it and have not left yet. */
  readonly queuedBytes: number;
  /** Sends one message; what was sent on a channel that is gone is lost. */
  send(text: string): void;
  /** Sends what waits and hangs up. */
  close(): void;
}

/** Bounds of an {@link InspectSession}. */
export type InspectSessionLimits = Pick<
  Limits,
  | 'inspectBatchRecords'
  | 'inspectBatchMs'
  | 'inspectSummaryBatchMs'
  | 'inspectPortionRecords'
  | 'inspectPageRecords'
  | 'inspectQueueBytes'
  | 'inspectCommandsAtOnce'
>;

/** What an {@link InspectSession} is made of. */
export interface InspectSessionOptions {
  readonly source: InspectSource;
  readonly channel: InspectChannel;
  readonly clock: Clock;
  readonly limits: InspectSessionLimits;
  /** Whether the page may order what changes the source. Default: no. */
  readonly allowControl?: boolean;
}

/** A page that looks. Its owner hands it what the channel says. */
export class InspectSession implements InspectWatcher {
  readonly #source: InspectSource;
  readonly #channel: InspectChannel;
  readonly #clock: Clock;
  readonly #limits: InspectSessionLimits;
  readonly #abilities: readonly InspectAbility[];
  #feed: InspectFeed | undefined;
  #batch: TraceRecord[] = [];
  #batchOf = MAIN_TRACE;
  #flushing: unknown;
  /** The source leaves records out. */
  #isSummary = false;
  /** What the page can take, and the source has not been told of yet. */
  #credit = 0;
  /** What the source was told of, and has not used. */
  #granted = 0;
  #commands = 0;
  #isOver = false;

  constructor({ source, channel, clock, limits, allowControl = false }: InspectSessionOptions) {
    this.#source = source;
    this.#channel = channel;
    this.#clock = clock;
    this.#limits = limits;
    this.#abilities = source.abilities.filter((ability) => ability !== 'control' || allowControl);
  }

  /** Says hello and begins to watch. Call once. */
  start(): void {
    const { kind, title, header, recordsExpected } = this.#source;
    this.#send({
      type: 'hello',
      contract: INSPECT_CONTRACT,
      kind,
      trace: { id: MAIN_TRACE, title, header },
      abilities: this.#abilities,
      recordsMax: this.#limits.inspectPageRecords,
      ...(recordsExpected === undefined ? {} : { recordsExpected }),
    });
    this.#feed = this.#source.watch(this);
  }

  // ------------------------------------------------------------ from the channel

  /** The page said something. What is no request is refused, and the channel closed. */
  receive(text: string): void {
    if (this.#isOver) return;
    try {
      const request = parseRequest(text);
      if (request.type === 'command') this.#carryOut(request.id, request.command);
      else {
        this.#credit = Math.min(this.#credit + request.records, this.#limits.inspectPageRecords);
        this.#grant();
      }
    } catch (thrown) {
      this.#refuse(-1, toEngineError(thrown, 'ERR_INSPECT_BAD_REQUEST', 'remote', String(thrown)));
      this.hangUp();
    }
  }

  /** Something that waited has left: there may be room for more. */
  drained(): void {
    if (!this.#isOver) this.#grant();
  }

  /** The channel is gone. */
  closed(): void {
    this.#isOver = true;
    this.#clock.clearTimeout(this.#flushing);
    this.#batch = [];
    this.#feed?.stop();
  }

  /** Hangs up, when what was told has been sent. */
  hangUp(): void {
    if (this.#isOver) return;
    this.#flush();
    this.closed();
    this.#channel.close();
  }

  // ------------------------------------------------------------ from the source

  records(of: string, records: readonly TraceRecord[]): void {
    if (this.#isOver) return;
    if (of !== this.#batchOf) this.#flush();
    this.#batchOf = of;
    this.#granted = Math.max(0, this.#granted - records.length);
    for (const record of records) this.#batch.push(record);
    if (this.#batch.length >= this.#limits.inspectBatchRecords) this.#flush();
    else this.#flushing ??= this.#clock.setTimeout(() => this.#flush(), this.#batchMs);
    this.#grant();
  }

  trace(id: string, title: string, header: InspectSource['header']): void {
    this.#tell({ type: 'trace', trace: { id, title, header } });
  }

  end(of: string, truncated: boolean): void {
    this.#tell({ type: 'end', of, truncated });
  }

  gauges(timeMs: number, gauges: Extract<InspectMessage, { type: 'gauges' }>['gauges']): void {
    // The next ones say more than these do.
    if (this.#channel.queuedBytes < this.#limits.inspectQueueBytes) this.#tell({ type: 'gauges', timeMs, gauges });
  }

  notice(code: Extract<InspectMessage, { type: 'notice' }>['code'], text: string, dropped?: number): void {
    if (code === 'summary' || code === 'whole') this.#isSummary = code === 'summary';
    this.#tell({ type: 'notice', code, text, ...(dropped === undefined ? {} : { dropped }) });
  }

  paused(timeMs: number, why: string): void {
    this.#tell({ type: 'paused', timeMs, why });
  }

  resumed(): void {
    this.#tell({ type: 'resumed' });
  }

  // ------------------------------------------------------------ inside

  get #batchMs(): number {
    return this.#isSummary ? this.#limits.inspectSummaryBatchMs : this.#limits.inspectBatchMs;
  }

  /** Hands credit on in portions, each when the page has read what came before. */
  #grant(): void {
    if (this.#feed === undefined || this.#channel.queuedBytes >= this.#limits.inspectQueueBytes) return;
    const portion = Math.min(this.#credit, this.#limits.inspectPortionRecords - this.#granted);
    if (portion <= 0) return;
    this.#credit -= portion;
    this.#granted += portion;
    this.#feed.credit(portion);
  }

  #carryOut(id: number, command: InspectCommand): void {
    const refusal = this.#refusalOf(command);
    if (refusal !== undefined) {
      this.#refuse(id, refusal);
      return;
    }
    this.#commands++;
    const ended = (tell: () => void): void => {
      this.#commands--;
      if (!this.#isOver) tell();
    };
    (this.#source.order?.(command) ?? Promise.resolve()).then(
      (value) => ended(() => this.#tell({ type: 'answer', id, value: value ?? null })),
      (thrown: unknown) =>
        ended(() => this.#refuse(id, toEngineError(thrown, 'ERR_ENGINE_ASSERTION', 'engine', String(thrown)))),
    );
  }

  #refusalOf(command: InspectCommand): EngineError | undefined {
    const ability = abilityFor(command);
    if (!this.#source.abilities.includes(ability) || this.#source.order === undefined) {
      return new EngineError('ERR_INSPECT_UNSUPPORTED', 'remote', `${command.name}: the source cannot do that`);
    }
    if (!this.#abilities.includes(ability)) {
      return new EngineError('ERR_INSPECT_READ_ONLY', 'remote', `${command.name}: the inspector is read-only`);
    }
    if (this.#commands < this.#limits.inspectCommandsAtOnce) return undefined;
    return new EngineError('ERR_INSPECT_BUSY', 'remote', `${this.#commands} orders are under way`);
  }

  #refuse(id: number, { code, message, hint }: EngineError): void {
    this.#tell({ type: 'refusal', id, code, text: `${message}. ${hint}` });
  }

  /** Says `message` after what was said before it. */
  #tell(message: InspectMessage): void {
    if (this.#isOver) return;
    this.#flush();
    this.#send(message);
  }

  #flush(): void {
    this.#clock.clearTimeout(this.#flushing);
    this.#flushing = undefined;
    if (this.#batch.length === 0) return;
    const records = this.#batch;
    this.#batch = [];
    this.#send({ type: 'records', of: this.#batchOf, records });
  }

  #send(message: InspectMessage): void {
    this.#channel.send(JSON.stringify(message));
  }
}

/** The recordings of one running node. */
import { EngineError } from '../errors.js';
import type { TraceSink } from '../ports.js';
import type { OpenRecording, RecordedNode, Recording, RecordOptions } from './recording.js';

/** What is recorded. */
export interface RecordedHost {
  readonly recorded: RecordedNode;
  traceTo(sink: TraceSink): () => void;
}

/** Those under way. */
export class Recordings {
  readonly #open: OpenRecording | undefined;
  readonly #live = new Set<Recording>();
  #isStopped = false;

  /** `open` is absent where there is nothing to record with. */
  constructor(open: OpenRecording | undefined) {
    this.#open = open;
  }

  /** Begins one: see `Host.record`. */
  begin(path: string, options: RecordOptions, host: RecordedHost): Recording {
    if (this.#open === undefined || this.#isStopped) {
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', 'this node has nothing to record with, or is stopped');
    }
    const target = this.#open(path, options, host.recorded);
    const detach = host.traceTo(target.sink);
    let stopped: Promise<void> | undefined;
    const recording: Recording = {
      path,
      stop: () => {
        detach();
        this.#live.delete(recording);
        return (stopped ??= target.close());
      },
    };
    this.#live.add(recording);
    return recording;
  }

  /** Begins no more. */
  refuse(): void {
    this.#isStopped = true;
  }

  /** Ends them all. */
  stop(): Promise<unknown> {
    return Promise.all([...this.#live].map((recording) => recording.stop()));
  }
}

/** The inspectors of one running node. */
import type { Environment } from '../actors/environment.js';
import { EngineError } from '../errors.js';
import type { InspectGauge } from '../inspect/contract.js';
import type { InspectedNode, Inspection, InspectOptions, OpenInspection } from './inspection.js';
import type { ConnectionInfo, StreamInfo } from './connection-info.js';
import type { RecordedNode } from './recording.js';
import type { ResourcesSnapshot } from '../actors/policy/resource-manager.js';

/** What is looked at. */
export interface InspectedHost {
  readonly recorded: RecordedNode;
  readonly liveActors: number;
  connections(): readonly ConnectionInfo[];
  streams(): readonly StreamInfo[];
  resources(): ResourcesSnapshot;
}

/** Those that are served. */
export class Inspections {
  readonly #open: OpenInspection | undefined;
  readonly #live = new Set<Inspection>();
  #isStopped = false;

  /** `open` is absent where there is nothing to serve with. */
  constructor(open: OpenInspection | undefined) {
    this.#open = open;
  }

  /** Begins one: see `Host.inspect`. */
  async begin(options: InspectOptions, host: InspectedHost, environment: Environment): Promise<Inspection> {
    if (this.#open === undefined || this.#isStopped) throw stopped();
    const opened = await this.#open(inspectedNode(host, environment), options);
    let closed: Promise<void> | undefined;
    const inspection: Inspection = {
      url: opened.url,
      close: () => {
        this.#live.delete(inspection);
        return (closed ??= opened.close());
      },
    };
    this.#live.add(inspection);
    if (this.#isStopped) {
      await inspection.close();
      throw stopped();
    }
    return inspection;
  }

  /** Begins no more. */
  refuse(): void {
    this.#isStopped = true;
  }

  /** Ends them all. */
  stop(): Promise<unknown> {
    return Promise.all([...this.#live].map((inspection) => inspection.close()));
  }
}

function inspectedNode(host: InspectedHost, environment: Environment): InspectedNode {
  return {
    recorded: host.recorded,
    clock: environment.clock,
    limits: environment.limits,
    traceTo: (sink) => environment.traceTo(sink),
    actors: () => environment.actors,
    gauges: () => gaugesOf(host),
  };
}

/** What the node has now. */
function gaugesOf(host: InspectedHost): readonly InspectGauge[] {
  const connections = host.connections();
  const { usage } = host.resources().system;
  const sum = (field: 'bytesIn' | 'bytesOut'): number => connections.reduce((total, one) => total + one[field], 0);
  const count = (name: string, value: number): InspectGauge => ({ name, value, unit: 'count' });
  return [
    count('peers', new Set(connections.map(({ remotePeer }) => remotePeer)).size),
    count('connections', connections.length),
    count('streams', host.streams().length),
    count('live actors', host.liveActors),
    { name: 'memory held', value: usage.memoryBytes, unit: 'bytes' },
    { name: 'bytes in, open connections', value: sum('bytesIn'), unit: 'bytes' },
    { name: 'bytes out, open connections', value: sum('bytesOut'), unit: 'bytes' },
  ];
}

function stopped(): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', 'this node has nothing to be inspected with, or is stopped');
}

/**
 * Messages to one peer that are written in one go. Those that have no answer need not wait for each other: whoever serves
 * the DHT reads a stream message by message and answers what has an answer (go-libp2p-kad-dht and js-libp2p alike).
 */
import { encodeKad, type KadMessage, type KadType } from '../../wire/kad.js';
import { encodeVarintPrefixed } from '../../wire/length-prefixed.js';

/** Messages of one type, as they travel. */
export interface KadPipeline {
  readonly type: KadType;
  readonly messages: number;
  readonly bytes: Uint8Array;
}

/** One message. Throws `ERR_INVALID_ARGUMENT` where it cannot be written. */
export function pipelineOf(message: KadMessage): KadPipeline {
  return { type: message.type, messages: 1, bytes: encodeVarintPrefixed(encodeKad(message)) };
}

/** Messages of one type in their order, as many together as `maxBytes` hold, or one that is larger. Throws as {@link pipelineOf}. */
export function* pipelinesOf(
  messages: readonly KadMessage[],
  maxBytes: number,
): Generator<KadPipeline, void, undefined> {
  let gathered: KadPipeline[] = [];
  let size = 0;
  for (const message of messages) {
    const next = pipelineOf(message);
    if (gathered.length > 0 && size + next.bytes.length > maxBytes) {
      yield joined(gathered, size);
      gathered = [];
      size = 0;
    }
    gathered.push(next);
    size += next.bytes.length;
  }
  if (gathered.length > 0) yield joined(gathered, size);
}

function joined(pipelines: readonly KadPipeline[], size: number): KadPipeline {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const each of pipelines) {
    bytes.set(each.bytes, at);
    at += each.bytes.length;
  }
  return { type: pipelines[0]?.type ?? 'ADD_PROVIDER', messages: pipelines.length, bytes };
}

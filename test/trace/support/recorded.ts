/** Nodes on loopback, recorded from their first moment. */
import type { SecurityName } from '../../../src/chain-protocols.js';
import type { Host } from '../../../src/host/host.js';
import { recordedNode, type RecordOptions } from '../../../src/replay/index.js';
import type { Trace } from '../../../src/trace/format.js';
import { parseTrace } from '../../../src/trace/reader.js';
import { liveNode } from '../../support/live-node.js';

/** A peer that answers everything, stopped after the test. */
export const peerOf = (security: SecurityName): Promise<Host> => liveNode({ security: [security] });

export const addressOf = (node: Host): string => node.addresses[0] ?? '';

/** The text of a trace of a node while `use` uses it. */
export async function recordedText(
  options: Omit<RecordOptions, 'to'>,
  use: (node: Host) => Promise<unknown>,
): Promise<string> {
  const lines: string[] = [];
  const to = { write: (line: string): void => void lines.push(line) };
  const { node, close } = await recordedNode({ listen: [], seed: 'tools', ...options, to });
  try {
    await use(node);
  } finally {
    await close();
  }
  return lines.join('');
}

export async function recordedTrace(
  options: Omit<RecordOptions, 'to'>,
  use: (node: Host) => Promise<unknown>,
): Promise<Trace> {
  return parseTrace(await recordedText(options, use));
}

/** Bytes that repeat nowhere soon. */
export function bytesOf(size: number, salt = 0): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 8) * 13 + salt) & 0xff);
}

export async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  await Promise.resolve();
  yield bytes;
}

/** Reads all of what a node fetches. */
export async function fetched(node: Host, path: string): Promise<number> {
  let length = 0;
  for await (const piece of node.cat(path)) length += piece.length;
  return length;
}

/** Dials, identifies, pings and fetches: something on every layer. */
export async function useAll(node: Host, remote: Host, cid: string): Promise<void> {
  await node.dial(addressOf(remote));
  await node.identify(remote.peerId);
  for await (const roundTrip of node.ping(remote.peerId)) if (roundTrip < 0) throw new Error('time ran back');
  await fetched(node, cid);
}

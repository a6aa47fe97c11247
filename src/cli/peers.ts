/** `swarmchart peers`: whom a running daemon is connected with. */
import type { Command } from './command.js';
import { DAEMON_OPTIONS, listFrom, withDaemon } from './daemon-rpc.js';
import { printJson, printLine, printNote } from './output.js';
import { formatTable } from './table.js';

interface PeerRow {
  readonly peer: string;
  readonly addresses: readonly string[];
  readonly streams: number;
  readonly agentVersion?: string;
  readonly latencyMs?: number;
}

export const peersCommand: Command = {
  name: 'peers',
  usage: '',
  positionals: [0, 0],
  options: { ...DAEMON_OPTIONS },
  examples: ['swarmchart peers', 'swarmchart peers --repo ./repo --json'],
  async run(words) {
    const peers = listFrom(await withDaemon(words, (client) => client.call('peers'))) as readonly PeerRow[];
    if (words.flag('json')) {
      for (const peer of peers) printJson(peer);
      return 0;
    }
    if (peers.length === 0) printNote('no peer is connected');
    const rows = peers.map(({ peer, addresses, streams, agentVersion = '-', latencyMs }) => [
      peer,
      addresses[0] ?? '-',
      String(streams),
      latencyMs === undefined ? '-' : `${latencyMs.toFixed(1)} ms`,
      printable(agentVersion),
    ]);
    if (rows.length > 0) {
      for (const line of formatTable(['PEER', 'ADDRESS', 'STREAMS', 'LATENCY', 'AGENT'], rows)) printLine(line);
    }
    return 0;
  },
};

/** What a peer says of itself, without what would steer a terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '?').slice(0, 60);
}

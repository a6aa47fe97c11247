/** `swarmchart conns`: the open connections of a running daemon. */
import type { ConnectionInfo } from '../host/connection-info.js';
import type { Command } from './command.js';
import { DAEMON_OPTIONS, listFrom, withDaemon } from './daemon-rpc.js';
import { formatBytes, printJson, printLine, printNote } from './output.js';
import { formatTable, WATCH_OPTION, watching } from './table.js';

type Row = Omit<ConnectionInfo, 'timeline'>;

const HEADS = ['ID', 'WAY', 'PEER', 'ADDRESS', 'SECURITY', 'MUXER', 'STREAMS', 'IN', 'OUT'];

export const connsCommand: Command = {
  name: 'conns',
  usage: '',
  positionals: [0, 0],
  options: { ...DAEMON_OPTIONS, ...WATCH_OPTION },
  examples: ['swarmchart conns', 'swarmchart conns --watch --interval 5', 'swarmchart conns --json'],
  async run(words) {
    const json = words.flag('json');
    await withDaemon(words, (client) =>
      watching(words, async () => {
        const connections = listFrom(await client.call('conns')) as readonly Row[];
        if (json) printJson(connections);
        else if (connections.length === 0) printNote('no connection is open');
        else for (const line of formatTable(HEADS, connections.map(cells))) printLine(line);
      }),
    );
    return 0;
  },
};

function cells(connection: Row): readonly string[] {
  const { id, direction, remotePeer, remoteAddress, security = '-', muxer = '-', streams } = connection;
  const traffic = [formatBytes(connection.bytesIn), formatBytes(connection.bytesOut)];
  const way = direction === 'inbound' ? 'in' : 'out';
  return [id, way, remotePeer, remoteAddress, security, muxer, String(streams), ...traffic];
}

// A node that speaks over its standard input and output; what it echoes is asked for by the parent.
import { createNode, duplexTransport } from '../../dist/index.js';

const stdio = duplexTransport();
const node = await createNode({ listen: ['/memory/stdio'], transports: [stdio], testProtocols: true });
process.stderr.write(`${node.peerId}\n`);
stdio.accept('stdio', { readable: process.stdin, writable: process.stdout });
node.events$.subscribe(({ type }) => {
  if (type === 'peer.disconnected') void node.stop();
});

/** A file without content under raw leaves is a block of no bytes: its CID says so, and no peer has to be asked. */
import { expect, test } from '@jest/globals';
import { createNode } from '../../src/create-node.js';
import { collect } from '../support/live-bytes.js';

test('the block of no bytes is there without a peer and without a store that has it', async () => {
  const node = await createNode({ listen: [] });
  try {
    const bytes = await collect(node.cat('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'));
    expect(bytes.length).toBe(0);
  } finally {
    await node.stop();
  }
});

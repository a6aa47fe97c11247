/** Nodes of a world over TLS: with toy ciphers and real ones, on a network that cuts as it likes, the same every time. */
import { describe, expect, test } from '@jest/globals';
import { World } from '../../../src/sim/index.js';
import { readAll } from './content.js';

async function echo(ciphers: 'toy' | 'real'): Promise<{ readonly text: string; readonly steps: readonly string[] }> {
  const world = new World({ seed: 7, ciphers });
  const options = { testProtocols: true, security: ['tls'] } as const;
  const [a, b] = [world.addNode('a', options), world.addNode('b', options)];
  const steps: string[] = [];
  a.host.transitions$.subscribe(({ machine, to, timeMs }) => machine === 'tlsClient' && steps.push(`${timeMs} ${to}`));
  const text = await world.during(
    a.run(async (host) => {
      const stream = await host.openStream(b.address, '/echo/1.0.0');
      stream.write(new TextEncoder().encode('over TLS'));
      stream.closeWrite();
      return new TextDecoder().decode(await readAll(stream));
    }),
  );
  expect(a.host.connections()).toMatchObject([{ security: '/tls/1.0.0', muxer: '/yamux/1.0.0' }]);
  expect(await world.close()).toEqual([]);
  expect([...a.broken, ...b.broken]).toEqual([]);
  return { text, steps };
}

describe.each(['toy', 'real'] as const)('with %s ciphers', (ciphers) => {
  test('bytes come back, and a second run goes the same way', async () => {
    const [one, two] = [await echo(ciphers), await echo(ciphers)];
    expect(one.text).toBe('over TLS');
    expect(one.steps.at(-1)).toMatch(/ secured$/);
    expect(two).toEqual(one);
  });
});

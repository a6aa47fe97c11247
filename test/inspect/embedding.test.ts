/** `swarmchart/inspect` as a consumer's compiler and a consumer's Node see it: the types are whole, and ours alone. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const TSC = resolve('node_modules/typescript/bin/tsc');

const CONSUMER = `
const place: HTMLElement = document.createElement('div');
const own: EmbeddedSource = {
  connect: (take: (message: InspectMessage) => void) => {
    take({ type: 'notice', code: 'window', text: 'ours' });
    return { order: async (command) => command.name, close: () => {} };
  },
};
const { model, unmount }: Mounted = mountView(place, {
  view: 'sequence',
  source: sourceOfText('', { recordsMax: 10 }),
  parts: ['filter', 'scrubber'],
  onOpen: (view: InspectView) => view.toUpperCase(),
});
model.filterText.value = 'layer:yamux';
const stop: () => void = model.passing.subscribe((indexes: readonly number[]) => indexes.length);
const store: TraceStore | undefined = model.store.value;
if (store !== undefined) {
  const counts: number = overviewOf(store, 10, () => false).counts.records;
  const rows: number = sequenceOf(store, [], 10, new Set(SEQUENCE_LAYERS)).rows.length + linksOf(store, 10).size;
  explainFailures(store.records, store.header).map(({ cause }) => cause.length + counts + rows);
}
const filter = readFilter('way:in');
if (!filter.ok) filter.at.toFixed();
mountInspector(place, { source: own, view: 'swarm', keys: 'none' }).setTheme('dark');
sourceOfSocket(new URL('http://127.0.0.1:1/?token=ab'));
stop();
unmount();
// @ts-expect-error: no such view
mountView(place, { view: 'nowhere', source: own });
// @ts-expect-error: read-only
model.passing.value = [];
export const used = [FILTER_FIELDS, INSPECT_CONTRACT, INSPECT_VIEWS];
`;

describe('swarmchart/inspect for a consumer', () => {
  let folder: string;
  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'swarmchart-embedding-')));
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(resolve('.'), join(folder, 'node_modules/swarmchart'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const values = (): readonly string[] => {
    const script = `import('swarmchart/inspect').then((all) => console.log(Object.keys(all).join(' ')))`;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: folder });
    return String(said).trim().split(' ');
  };

  test('what the bundle gives is what the types say, and they compile without those of any library', () => {
    const names = values();
    const types = ['EmbeddedSource', 'InspectMessage', 'InspectView', 'Mounted'];
    const imports = `import { ${names.join(', ')}, ${types.map((name) => `type ${name}`).join(', ')} } from 'swarmchart/inspect';\n`;
    const all = `import type * as All from 'swarmchart/inspect';\nexport const every: Record<keyof typeof All, true> = {${names.map((name) => `${name}: true`).join(', ')}};\n`;
    writeFileSync(join(folder, 'consumer.ts'), imports + all + CONSUMER);
    for (const [module, moduleResolution] of [
      ['nodenext', 'nodenext'],
      ['esnext', 'bundler'],
    ]) {
      const compilerOptions = {
        strict: true,
        noEmit: true,
        target: 'es2023',
        lib: ['es2023', 'dom'],
        types: [],
        module,
        moduleResolution,
      };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
      const { status, stdout } = spawnSync(process.execPath, [TSC, '-p', folder, '--listFiles'], { encoding: 'utf8' });
      const lines = stdout.trim().split('\n');
      const files = lines.filter((line) => line.startsWith('/') && !line.includes('typescript/lib/'));
      expect([status, lines.filter((line) => line.includes('error TS'))]).toEqual([0, []]);
      expect(files.filter((file) => /preact|uplot|d3-force|\/page\//.test(file))).toEqual([]);
      expect(files.filter((file) => file.endsWith('dist/inspect/embedding.d.ts'))).toHaveLength(1);
    }
  }, 300_000);

  test('the style is a file of the package, every rule below one class', () => {
    const script = `import { readFileSync } from 'node:fs';
      console.log(readFileSync(new URL(import.meta.resolve('swarmchart/inspect.css')), 'utf8'))`;
    const css = String(execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: folder }));
    const selectors = [...css.matchAll(/([^{}]+)\{/g)].map(([, selector = '']) => selector.trim());
    expect(selectors.length).toBeGreaterThan(150);
    const outside = selectors
      .filter((selector) => !selector.startsWith('@'))
      .filter((selector) => !selector.split(',').every((one) => one.trim().startsWith('.swarmchart-inspect')));
    expect(outside).toEqual([]);
    expect(selectors.filter((selector) => selector.startsWith('@') && !selector.startsWith('@media'))).toEqual([]);
  });
});

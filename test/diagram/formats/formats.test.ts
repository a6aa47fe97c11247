/** The formats of other tools: each read back, by the tool's own reader where there is one. */
import { describe, expect, test } from '@jest/globals';
import { createMachine, setup, type AnyStateMachine } from 'xstate';
import { canonicalMachine } from '../../../src/actors/chart/canonical.js';
import { dotText, quoted } from '../../../src/diagram/formats/dot.js';
import { mermaidLabel, mermaidText } from '../../../src/diagram/formats/mermaid.js';
import { scxmlText } from '../../../src/diagram/formats/scxml.js';
import { statelyConfig, statelyText } from '../../../src/diagram/formats/stately.js';
import { chartModel, chartModels } from '../../../src/diagram/model.js';
import { MACHINES } from '../../../src/machines/index.js';
import { elementsOf, parseXml } from '../../support/xml.js';

const models = chartModels().map((model) => [model.id, model] as const);
const machineOf = (id: string): AnyStateMachine => MACHINES.find(({ machine }) => machine.id === id)!.machine;

/** Names that mean something to every format. */
const odd = chartModel(
  setup({ guards: { 'a "b" <c>': () => true } }).createMachine({
    id: 'odd',
    initial: 'end',
    on: { '*': '.state' },
    states: {
      end: { on: { 'say "x" --> y; z#1': { guard: 'a "b" <c>', target: 'state' } } },
      state: { initial: 'note', states: { note: { on: { back: '#odd.end' } }, 'back\\slash': {} } },
    },
  }),
  { decides: 'what "quotes" & <angles> do' },
);

describe('Stately', () => {
  test.each(models)('%s: XState makes the same chart of it', (id, model) => {
    const config = JSON.parse(statelyText(model)) as Parameters<typeof createMachine>[0];
    expect(canonicalMachine(createMachine(config))).toBe(canonicalMachine(machineOf(id)));
  });

  test('edges that start anew say so', () => {
    const config = statelyConfig(chartModels().find(({ id }) => id === 'kadQuery')!);
    expect(config.states?.['widening']?.after).toEqual({
      slowPeer: [{ target: ['#kadQuery.widening'], actions: ['setSlowAside'], reenter: true }],
    });
  });
});

describe('SCXML', () => {
  const readOf = (text: string) => {
    const document = parseXml(text);
    const named = ['state', 'parallel', 'final', 'history'].flatMap((name) => elementsOf(document, name));
    return {
      document,
      ids: named.map(({ attributes }) => attributes['id']),
      transitions: elementsOf(document, 'transition'),
    };
  };

  test.each(models)('%s: well-formed, every state once, every edge with targets that are there', (_, model) => {
    const { document, ids, transitions } = readOf(scxmlText(model));
    expect(document.attributes).toMatchObject({
      xmlns: 'http://www.w3.org/2005/07/scxml',
      version: '1.0',
      'sc:hash': model.hash,
    });
    expect(new Set(ids).size).toBe(model.states.length);
    expect(transitions.map(({ attributes }) => attributes['sc:edge']).sort()).toEqual(
      model.edges.map(({ id }) => id).sort(),
    );
    const references = [
      document.attributes['initial'],
      ...elementsOf(document, 'state').map(({ attributes }) => attributes['initial']),
      ...transitions.map(({ attributes }) => attributes['target']),
    ].flatMap((target) => target?.split(' ') ?? []);
    for (const reference of references) expect(ids).toContain(reference);
    const sends = elementsOf(document, 'send').map(({ attributes }) => attributes['id']);
    expect(elementsOf(document, 'cancel').map(({ attributes }) => attributes['sendid'])).toEqual(sends);
    const events = new Set(elementsOf(document, 'send').map(({ attributes }) => attributes['event']));
    for (const { attributes } of transitions)
      if (attributes['event']?.startsWith('after.')) expect(events).toContain(attributes['event']);
  });

  test('what takes everything is tried last', () => {
    const { document } = readOf(scxmlText(chartModels().find(({ id }) => id === 'noiseHandshake')!));
    const own = document.children[0]!.children.filter(({ name }) => name === 'transition');
    expect(own.map(({ attributes }) => attributes['event'])).toEqual([
      'transport.ended',
      'transport.failed',
      'after.handshakeTimeout',
      '*',
    ]);
  });

  test('odd names stay names', () => {
    const { transitions } = readOf(scxmlText(odd));
    expect(transitions.map(({ attributes }) => attributes['cond'])).toContain('a "b" <c>()');
  });
});

describe('mermaid', () => {
  test.each(models)('%s: every state is declared once, and every edge is drawn or listed', (_, model) => {
    const text = mermaidText(model);
    const declared = [...text.matchAll(/^\s*state ".*?" as (\w+)/gm)].map(([, id]) => id);
    expect(new Set(declared).size).toBe(declared.length);
    expect(declared.filter((id) => !id!.startsWith('any_'))).toHaveLength(model.states.length - 1);
    const known = new Set([...declared, '[*]']);
    const arrows = [...text.matchAll(/^\s*(\S+) --> (\S+)/gm)];
    for (const [, from, to] of arrows) for (const end of [from, to]) expect(known).toContain(end);
    const drawn = arrows.filter(([, from, to]) => from !== '[*]' && to !== '[*]').length;
    const outside = new Set(
      model.edges.filter(({ source, targets }) => targets.some((target) => target !== source)).map(({ id }) => id),
    );
    expect(drawn).toBe(outside.size);
    expect(text.split('{').length).toBe(text.split('}').length);
  });

  test.each([
    ['wire.fin [hasQueued] / sendFin 1', 'wire.fin [hasQueued] / sendFin 1'],
    ['a: b; c', 'a#58; b#59; c'],
    ['x --> y', 'x #45;#45;#62; y'],
    ['"quoted" #1 {b}', '#34;quoted#34; #35;1 #123;b#125;'],
    ['two\nlines', 'two#10;lines'],
  ])('%j is written %j', (text, label) => {
    expect(mermaidLabel(text)).toBe(label);
  });

  test('names that are words of mermaid, and markup, are out of its way', () => {
    const text = mermaidText(odd);
    expect(text).toContain('state "end" as s1_end');
    expect(text).toContain('s1_end --> s2_state : say #34;x#34; #45;#45;#62; y#59; z#35;1 [a #34;b#34; #60;c#62;]');
    expect(text).toContain('s2_state --> s1_end : back, from state.note');
  });
});

describe('dot', () => {
  test.each(models)('%s: braces and quotes are closed, every end of a line is a node', (_, model) => {
    const text = dotText(model);
    const bare = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
    expect(bare).not.toMatch(/[^"\s\w{}[\]()=,;.>-]/);
    expect(bare.split('{').length).toBe(bare.split('}').length);
    const nodes = new Set([...text.matchAll(/^\s*("(?:[^"\\]|\\.)*") \[/gm)].map(([, node]) => node));
    for (const [, from, to] of text.matchAll(/^\s*("(?:[^"\\]|\\.)*") -> ("(?:[^"\\]|\\.)*")/gm)) {
      for (const end of [from, to])
        expect([...nodes, ...[...text.matchAll(/^\s*("initial [^"]*") \[/gm)].map(([, id]) => id)]).toContain(end);
    }
  });

  test('quotes, strokes and line feeds', () => {
    expect(quoted('a "b" \\ c\nd')).toBe('"a \\"b\\" \\\\ c\\nd"');
    expect(dotText(odd)).toContain('"state.back\\\\slash"');
  });
});

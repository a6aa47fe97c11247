/** Time travel that re-executes: the trace run again on today's machines, forked at an input, and a simulation held and stepped. */
import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ExportedFile, ForkAnswer, ForkChange, ReplayVerdict } from '../../inspect/contract.js';
import { connectionOf } from '../../trace/tools/addresses.js';
import { describeRecord } from '../../trace/tools/describe.js';
import { INPUT_NAMES, type TraceRecord } from '../../trace/format.js';
import type { PageModel } from '../model.js';
import { Empty } from '../parts/empty.js';
import { saveFile } from '../parts/save-file.js';
import { SimulationControls } from '../parts/simulation-controls.js';
import type { ViewProps } from './index.js';

export function ReplayView({ model }: ViewProps): JSX.Element {
  const abilities = new Set(model.abilities.value);
  const [said, setSaid] = useState<{ readonly text: string; readonly isBad: boolean } | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const run = (work: () => Promise<string>): void => {
    setBusy(true);
    setSaid(undefined);
    work()
      .then(
        (text) => setSaid({ text, isBad: false }),
        (thrown: unknown) => setSaid({ text: thrown instanceof Error ? thrown.message : String(thrown), isBad: true }),
      )
      .finally(() => setBusy(false));
  };
  if (abilities.size === 0) {
    return (
      <Empty title="Nobody is here to run this trace">
        <code>swarmchart inspect FILE</code> can run a trace of class replayable again, fork it, and make tests of it.
      </Empty>
    );
  }
  return (
    <div class="replay">
      <p role="status" class={said?.isBad === true ? 'is-failed' : ''}>
        {isBusy ? 'Running ...' : (said?.text ?? '')}
      </p>
      {abilities.has('replay') ? <Replay model={model} isBusy={isBusy} run={run} /> : null}
      {abilities.has('replay') ? <Fork model={model} isBusy={isBusy} run={run} /> : null}
      {abilities.has('export') ? <Exports model={model} isBusy={isBusy} run={run} /> : null}
      {abilities.has('control') ? <SimulationControls model={model} run={run} /> : null}
    </div>
  );
}

interface PartProps {
  readonly model: PageModel;
  readonly isBusy: boolean;
  readonly run: (work: () => Promise<string>) => void;
}

function Part({ title, children }: { readonly title: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <section class="part" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Replay({ model, isBusy, run }: PartProps): JSX.Element {
  return (
    <Part title="Run it again">
      <p class="quiet">
        Feeds what came in, record by record, to the machines of today, and compares every byte, frame and step.
      </p>
      <button
        type="button"
        disabled={isBusy}
        onClick={() =>
          run(async () => {
            const verdict = (await model.order({ name: 'replay' })) as ReplayVerdict;
            if (verdict.atSeq !== undefined) {
              const record = model.store.value?.at(verdict.atSeq);
              if (record !== undefined) model.select(record);
            }
            return `${verdict.same ? '✓' : '✕'} ${verdict.text}`;
          })
        }
      >
        run again
      </button>
    </Part>
  );
}

type ForkKind = ForkChange['kind'];

const KINDS = { duplicate: 'let it come twice', split: 'cut it in two', bytes: 'other bytes' } as const;

function changeOf(
  kind: ForkKind,
  given: { readonly byMs: number; readonly hex: string; readonly atByte: number },
): ForkChange {
  switch (kind) {
    case 'drop':
    case 'duplicate':
      return { kind };
    case 'delay':
      return { kind, byMs: given.byMs };
    case 'split':
      return { kind, atByte: given.atByte };
    case 'bytes':
      return { kind, hex: given.hex.replaceAll(/\s+/g, '') };
  }
}

function Fork({ model, isBusy, run }: PartProps): JSX.Element {
  const [kind, setKind] = useState<ForkKind>('drop');
  const [byMs, setByMs] = useState(1000);
  const [hex, setHex] = useState('');
  const [atByte, setAtByte] = useState(1);
  const record = inputAt(model);
  const forks = [...model.traces.value.values()].filter(({ id }) => id.startsWith('fork:'));
  return (
    <Part title="Fork">
      <p class="quiet">
        {record === undefined
          ? 'Select something that came in (a read, a timer, a call): the fork begins there.'
          : `At #${record.seq}: ${describeRecord(record)}`}
      </p>
      <div class="buttons">
        <label>
          Change{' '}
          <select value={kind} onChange={(event) => setKind(event.currentTarget.value as ForkKind)}>
            <option value="drop">drop it</option>
            <option value="delay">delay it</option>
            {(['duplicate', 'split', 'bytes'] as const).map((name) => (
              <option key={name} value={name} disabled={record?.name !== 'io:bytes_received'}>
                {KINDS[name]}
              </option>
            ))}
          </select>
        </label>
        {kind === 'delay' ? (
          <label>
            by{' '}
            <input type="number" min={1} value={byMs} onInput={(event) => setByMs(event.currentTarget.valueAsNumber)} />{' '}
            ms
          </label>
        ) : null}
        {kind === 'split' ? (
          <label>
            behind byte{' '}
            <input
              type="number"
              min={1}
              value={atByte}
              onInput={(event) => setAtByte(event.currentTarget.valueAsNumber)}
            />
          </label>
        ) : null}
        {kind === 'bytes' ? (
          <label>
            hex{' '}
            <input type="text" spellcheck={false} value={hex} onInput={(event) => setHex(event.currentTarget.value)} />
          </label>
        ) : null}
        <button
          type="button"
          disabled={isBusy || record === undefined}
          onClick={() =>
            run(async () => {
              if (record === undefined) return '';
              const change = changeOf(kind, { byMs, hex, atByte });
              const answer = (await model.order({ name: 'fork', atSeq: record.seq, change })) as ForkAnswer;
              const { trace, sharedRecords, records, leftOut } = answer;
              const left = leftOut.length > 0 ? `; ${leftOut.length} recorded inputs were no longer waited for` : '';
              return `${trace} ran: ${sharedRecords} records as before, ${records - sharedRecords} after it${left}`;
            })
          }
        >
          fork
        </button>
      </div>
      {forks.length > 0 ? (
        <ul>
          {forks.map(({ id, title }) => (
            <li key={id}>
              <button
                type="button"
                class="link"
                onClick={() => {
                  model.compared.value = id;
                  model.open('diff');
                }}
              >
                {id}: {title}
              </button>
            </li>
          ))}
        </ul>
      ) : null}
    </Part>
  );
}

/** The selected record where it is an input, or the input that led to it. */
function inputAt(model: PageModel): TraceRecord | undefined {
  void model.grown.value;
  const store = model.store.value;
  const { seq } = model.selection.value;
  if (store === undefined || seq === undefined) return undefined;
  return store.causesOf(seq).findLast(({ name }) => INPUT_NAMES.has(name));
}

function Exports({ model, isBusy, run }: PartProps): JSX.Element {
  const { actor } = model.selection.value;
  const connection = actor === undefined ? undefined : connectionOf(actor);
  const save = (what: 'trace' | 'html' | 'jest'): void =>
    run(async () => {
      const of = what === 'jest' && connection !== undefined ? { connection: `conn:${connection.number}` } : {};
      const file = (await model.order({ name: 'export', what, ...of })) as ExportedFile;
      saveFile(file.fileName, file.mediaType, file.text);
      return `saved ${file.fileName}`;
    });
  return (
    <Part title="Take it along">
      <div class="buttons">
        <button type="button" disabled={isBusy} onClick={() => save('trace')}>
          the trace
        </button>
        <button type="button" disabled={isBusy} onClick={() => save('html')}>
          one HTML file
        </button>
        <button type="button" disabled={isBusy} onClick={() => save('jest')}>
          {connection === undefined ? 'a jest test' : `a jest test of conn:${connection.number}`}
        </button>
      </div>
    </Part>
  );
}

/** Why something failed: what was offered, what was wanted, where it died, what to change. */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { explainFailures, type FailureExplanation } from '../../inspect/explain/index.js';
import { shortAddress } from '../../trace/tools/addresses.js';
import type { PageModel } from '../model.js';
import { Empty } from '../parts/empty.js';
import { VirtualList } from '../parts/virtual-list.js';
import type { ViewProps } from './index.js';

export function ExplainView({ model }: ViewProps): JSX.Element {
  const store = model.store.value;
  const upTo = model.upTo.value;
  const failures = useMemo(
    () =>
      store === undefined ? [] : explainFailures(store.records.slice(0, store.positionAt(upTo) + 1), store.header),
    [store, store?.version, upTo],
  );
  const [first] = failures;
  if (store === undefined || first === undefined) {
    return <Empty title="Nothing failed so far">When something does, its cause and what to change stand here.</Empty>;
  }
  const { seq, actor } = model.selection.value;
  const chosen =
    failures.find((failure) => failure.seq === seq) ??
    failures.find((failure) => failure.chain.includes(seq ?? -1)) ??
    failures.find((failure) => failure.actor === actor) ??
    first;
  return (
    <div class="explain">
      <VirtualList
        label="Failures"
        count={failures.length}
        rowHeight={24}
        keyOf={(at) => failures[at]?.seq ?? at}
        selected={failures.indexOf(chosen)}
        onSelect={(at) => {
          const record = store.at(failures[at]?.seq ?? -1);
          if (record !== undefined) model.select(record);
        }}
        row={(at) => {
          const failure = failures[at];
          return failure === undefined ? null : (
            <>
              <span class="cell-seq">#{failure.seq}</span>
              <span class="cell-actor">{shortAddress(failure.actor)}</span>
              <span class="cell-text">
                ✕ {failure.title} ({failure.code})
              </span>
            </>
          );
        }}
      />
      <Explanation model={model} failure={chosen} />
    </div>
  );
}

const FAULTS: Readonly<Record<string, string>> = {
  remote: 'the other side',
  local: 'this side: how it was used or set up',
  engine: 'the engine itself',
};

function Explanation(props: { readonly model: PageModel; readonly failure: FailureExplanation }): JSX.Element {
  const { model, failure } = props;
  const { title, code, blame, machine, state, cause, change, offered, wanted, story } = failure;
  return (
    <article class="explanation" aria-label={title}>
      <h2>{title}</h2>
      <p class="explanation-cause">{cause}</p>
      <dl class="fields">
        <div>
          <dt>code</dt>
          <dd>{code}</dd>
        </div>
        <div>
          <dt>whose fault</dt>
          <dd>{FAULTS[blame] ?? blame}</dd>
        </div>
        <div>
          <dt>where</dt>
          <dd>
            {shortAddress(failure.actor)}
            {machine === undefined ? '' : `: ${machine}`}
            {state === undefined ? '' : ` in ${state}`}
          </dd>
        </div>
        {offered === undefined ? null : <Words name="offered" words={offered} />}
        {wanted === undefined ? null : <Words name="wanted" words={wanted} />}
      </dl>
      {change.length > 0 ? (
        <>
          <h3>What to change</h3>
          <ul>
            {change.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </>
      ) : null}
      <h3>How it came to it</h3>
      <ol class="links">
        {story.map(({ seq, text }, index) => (
          <li key={`${seq} ${index}`}>
            <button
              type="button"
              class="link"
              onClick={() => {
                const record = model.store.value?.at(seq);
                if (record !== undefined) model.select(record);
              }}
            >
              #{seq} {text}
            </button>
          </li>
        ))}
      </ol>
      {machine === undefined ? null : (
        <button
          type="button"
          onClick={() => {
            model.goTo(failure.seq);
            model.selection.value = { seq: failure.seq, actor: failure.actor, machine };
            model.open('connection');
          }}
        >
          show it in its chart
        </button>
      )}
    </article>
  );
}

function Words({ name, words }: { readonly name: string; readonly words: readonly string[] }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{words.join(', ')}</dd>
    </div>
  );
}

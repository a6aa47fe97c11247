/** A row a stream: its states over time, what passed, how long it waited; below, the credit of the one selected. */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { streamsOf, type StreamLife } from '../../inspect/streams.js';
import { shortAddress } from '../../trace/tools/addresses.js';
import type { PageModel } from '../model.js';
import { Empty } from '../parts/empty.js';
import { Plot } from '../parts/plot.js';
import { bytesText, spanText } from '../parts/texts.js';
import { VirtualList } from '../parts/virtual-list.js';
import type { ViewProps } from './index.js';

export function StreamsView({ model }: ViewProps): JSX.Element {
  const store = model.store.value;
  const upTo = model.upTo.value;
  const streams = useMemo(() => (store === undefined ? [] : streamsOf(store, upTo)), [store, store?.version, upTo]);
  const shown = useMemo(() => passingStreams(model, streams), [streams, model.passing.value]);
  if (store === undefined || shown.length === 0) {
    return (
      <Empty
        title={streams.length === 0 ? 'No stream was opened yet' : 'No stream has a record that passes the filter'}
      >
        A stream stands here as soon as one side opens it; clear the filter to see them all.
      </Empty>
    );
  }
  const { actor } = model.selection.value;
  const selected = shown.findIndex((stream) => stream.actor === actor);
  const stream = shown[selected] ?? shown[0];
  const first = Math.min(...shown.map(({ spans }) => spans[0]?.fromMs ?? Number.POSITIVE_INFINITY));
  const last = store.records[store.positionAt(upTo)]?.time ?? first + 1;
  return (
    <div class="streams">
      <VirtualList
        label="Streams"
        count={shown.length}
        rowHeight={28}
        keyOf={(at) => shown[at]?.actor ?? at}
        selected={selected < 0 ? undefined : selected}
        onSelect={(at) => {
          const chosen = shown[at];
          if (chosen !== undefined) {
            model.selection.value = { actor: chosen.actor, machine: chosen.machine, state: chosen.state };
          }
        }}
        row={(at) => {
          const one = shown[at];
          return one === undefined ? null : <StreamRow stream={one} first={first} last={last} />;
        }}
      />
      {stream === undefined ? null : <Credit model={model} stream={stream} startMs={store.firstTime} upTo={upTo} />}
    </div>
  );
}

/** The streams of which the filter passes a record, or all of them. */
function passingStreams(model: PageModel, streams: readonly StreamLife[]): readonly StreamLife[] {
  const filter = model.filter.value;
  const store = model.store.value;
  if (store === undefined || !filter.ok || filter.isEmpty) return streams;
  const actors = new Set<string>();
  for (const index of model.passing.value) {
    const record = store.records[index];
    if (record === undefined) continue;
    actors.add(record.actor);
    const number = record.data['stream'];
    if (typeof number === 'number') actors.add(`${record.actor}/${number}`);
  }
  return streams.filter(({ actor }) => actors.has(actor));
}

function StreamRow(props: { readonly stream: StreamLife; readonly first: number; readonly last: number }): JSX.Element {
  const { stream, first, last } = props;
  const width = Math.max(1e-6, last - first);
  return (
    <>
      <span class="cell-actor">{shortAddress(stream.actor)}</span>
      <span class="stream-protocol" title={stream.protocol}>
        {stream.protocol ?? 'not agreed'}
      </span>
      <span class="stream-track" role="img" aria-label={stream.spans.map(({ state }) => state).join(', ')}>
        {stream.spans.map(({ state, fromMs, toMs, seq }) => (
          <span
            key={seq}
            class={`stream-span is-${kindOf(state)}`}
            title={`${state} for ${spanText(toMs - fromMs)}`}
            style={{
              left: `${(100 * (fromMs - first)) / width}%`,
              width: `max(2px, ${(100 * (toMs - fromMs)) / width}%)`,
            }}
          />
        ))}
      </span>
      <span class="stream-state">
        {SIGNS[kindOf(stream.state)]} {stream.state}
      </span>
      <span class="stream-bytes" title="sent, received">
        ↑ {bytesText(stream.sentBytes)} ↓ {bytesText(stream.receivedBytes)}
      </span>
      <span class={stream.blockedMs > 0 ? 'stream-blocked is-warned' : 'stream-blocked'}>
        {stream.blockedMs > 0 ? `blocked ${spanText(stream.blockedMs)}` : ''}
        {stream.error === undefined ? '' : ` ✕ ${stream.error}`}
      </span>
    </>
  );
}

type SpanKind = 'open' | 'half' | 'blocked' | 'closed' | 'failed';

function kindOf(state: string): SpanKind {
  if (state.includes('windowExhausted')) return 'blocked';
  if (state.startsWith('open')) return 'open';
  if (state.startsWith('halfClosed')) return 'half';
  return state === 'closed' ? 'closed' : 'failed';
}

const SIGNS: Readonly<Record<SpanKind, string>> = { open: '●', half: '◐', blocked: '■', closed: '○', failed: '✕' };

function Credit(props: {
  readonly model: PageModel;
  readonly stream: StreamLife;
  readonly startMs: number;
  readonly upTo: number;
}): JSX.Element {
  const { model, stream, startMs, upTo } = props;
  const { credit } = stream;
  const times = useMemo(() => credit.map(({ timeMs }) => timeMs - startMs), [credit, startMs]);
  const lines = useMemo(
    () => [
      { label: 'we may send', colour: '--c1', values: credit.map(({ sendBytes }) => sendBytes), isStepped: true },
      {
        label: 'the peer may send',
        colour: '--c2',
        values: credit.map(({ receiveBytes }) => receiveBytes),
        dash: [6, 4],
        isStepped: true,
      },
    ],
    [credit],
  );
  const goToPoint = useMemo(
    () => (index: number) => {
      const at = credit[index];
      if (at !== undefined) model.goTo(at.seq);
    },
    [credit, model],
  );
  const now = credit.at(-1);
  if (now === undefined) {
    return <p class="quiet">{shortAddress(stream.actor)} has no windows, or no data passed yet.</p>;
  }
  const at = model.store.value?.at(upTo)?.time;
  const text = `we may send ${bytesText(now.sendBytes)}, the peer may send ${bytesText(now.receiveBytes)}`;
  return (
    <section class="pane" aria-label="Credit">
      <h2>
        Credit of {shortAddress(stream.actor)}: {text}
      </h2>
      <Plot
        label={`Credit of ${shortAddress(stream.actor)} over time: ${text}`}
        times={times}
        lines={lines}
        height={190}
        unit={bytesText}
        onPoint={goToPoint}
        {...(at === undefined ? {} : { atMs: at - startMs })}
      />
    </section>
  );
}

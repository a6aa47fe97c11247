/** One connection: a chart with its state lit, its records, and the bytes of the one selected with their fields. */
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { connectionBytes } from '../../inspect/bytes/connection-bytes.js';
import { chosenConnection, machinesBelow, ofConnection, type MachineMoment } from '../../inspect/connections.js';
import { linksOf, type LinkEnd } from '../../inspect/links.js';
import type { TraceStore } from '../../inspect/trace-store.js';
import { connectionOf, shortAddress } from '../../trace/tools/addresses.js';
import type { PageModel } from '../model.js';
import { ChartPane } from '../parts/chart-pane.js';
import { Empty } from '../parts/empty.js';
import { HexView } from '../parts/hex-view.js';
import { RecordList } from '../parts/record-list.js';
import { shortId } from '../parts/texts.js';
import type { ViewProps } from './index.js';

export function ConnectionView({ model }: ViewProps): JSX.Element {
  const store = model.store.value;
  const upTo = model.upTo.value;
  const [kept, setKept] = useState<string | undefined>(undefined);
  const links = useMemo(
    () => (store === undefined ? new Map<string, LinkEnd>() : linksOf(store, upTo)),
    [store, store?.version, upTo],
  );
  if (store === undefined || links.size === 0) {
    return (
      <Empty title="No connection was opened yet">
        Dial somebody, or wait until somebody dials; move the scrubber on where the trace is a recorded one.
      </Empty>
    );
  }
  const { actor } = model.selection.value;
  const connection = chosenConnection(links, actor) ?? (kept !== undefined && links.has(kept) ? kept : firstOf(links));
  if (connection !== kept) setKept(connection);
  return (
    <div class="connection">
      <ConnectionChoice model={model} links={links} connection={connection} />
      <Parts model={model} store={store} connection={connection} upTo={upTo} />
    </div>
  );
}

function firstOf(links: ReadonlyMap<string, LinkEnd>): string {
  return [...links.keys()][0] ?? '';
}

function ConnectionChoice(props: {
  readonly model: PageModel;
  readonly links: ReadonlyMap<string, LinkEnd>;
  readonly connection: string;
}): JSX.Element {
  const { model, links, connection } = props;
  const link = links.get(connection);
  return (
    <div class="connection-head">
      <label>
        Connection{' '}
        <select
          value={connection}
          onChange={(event) => {
            model.selection.value = { actor: event.currentTarget.value, machine: 'connection' };
          }}
        >
          {[...links.values()].map(({ connection: address, peer, remote }) => (
            <option key={address} value={address}>
              {shortAddress(address)} {shortId(peer ?? remote, 24)}
            </option>
          ))}
        </select>
      </label>
      <span class="quiet">
        {[link?.role, link?.remote, link?.security, link?.muxer]
          .filter((part) => part !== undefined && part !== '')
          .join(' · ')}
      </span>
    </div>
  );
}

function Parts(props: {
  readonly model: PageModel;
  readonly store: TraceStore;
  readonly connection: string;
  readonly upTo: number;
}): JSX.Element {
  const { model, store, connection, upTo } = props;
  const passing = model.passing.value;
  const moments = useMemo(() => machinesBelow(store, connection, upTo), [store, store.version, connection, upTo]);
  const indexes = useMemo(() => ofConnection(store, passing, connection), [store, passing, connection]);
  const moment = chosenMachine(model, moments);
  return (
    <>
      <div class="connection-main">
        <section class="pane" aria-label="Machine">
          <ChartPane model={model} moments={moments} moment={moment} upTo={upTo} />
        </section>
        <section class="pane" aria-label="Records of the connection">
          <RecordList model={model} label="Records of the connection" indexes={indexes} />
        </section>
      </div>
      <section class="pane connection-bytes" aria-label="Bytes">
        <Bytes model={model} store={store} connection={connection} />
      </section>
    </>
  );
}

/** The machine that is selected, or the one that moved last. */
function chosenMachine(model: PageModel, moments: readonly MachineMoment[]): MachineMoment | undefined {
  const { actor, machine } = model.selection.value;
  return (
    moments.find(({ life }) => life.actor === actor && (machine === undefined || life.machine === machine)) ??
    moments.reduce<MachineMoment | undefined>(
      (latest, one) => ((one.step?.seq ?? -1) > (latest?.step?.seq ?? -1) ? one : latest),
      undefined,
    )
  );
}

/** The bytes of the read or write that the selected record is, came from, or went into. */
function Bytes(props: {
  readonly model: PageModel;
  readonly store: TraceStore;
  readonly connection: string;
}): JSX.Element {
  const { model, store, connection } = props;
  const { seq } = model.selection.value;
  const directions = useMemo(
    () => [connectionBytes(store, connection, 'received'), connectionBytes(store, connection, 'sent')] as const,
    [store, store.isEnded ? 'ended' : Math.floor(store.version / 8), connection],
  );
  const place = useMemo(() => {
    if (seq === undefined || connectionOf(store.at(seq)?.actor ?? '')?.address !== connection) return undefined;
    for (const direction of directions) {
      const message = direction.messages.find(({ frameSeq }) => frameSeq === seq);
      if (message !== undefined) return { direction, ...message };
    }
    for (const record of store.causesOf(seq).toReversed()) {
      for (const direction of directions) {
        const chunk = direction.chunks.find((one) => one.seq === record.seq);
        if (chunk !== undefined) return { direction, start: chunk.start, end: chunk.end };
      }
    }
    return undefined;
  }, [store, seq, connection, directions]);
  if (place === undefined) {
    return (
      <Empty title="No bytes are selected">
        Select a read, a write or a frame of this connection: its bytes stand here.
      </Empty>
    );
  }
  const { direction, start, end } = place;
  return (
    <>
      <h2>
        Bytes {start} to {end - 1} {direction.side}
      </h2>
      <HexView model={model} direction={direction} start={start} end={end} />
    </>
  );
}

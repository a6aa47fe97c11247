/** One record whole: its fields, what led to it and what followed. */
import type { ComponentChildren, JSX } from 'preact';
import { describeRecord } from '../../trace/tools/describe.js';
import { shortAddress } from '../../trace/tools/addresses.js';
import type { TraceRecord } from '../../trace/format.js';
import type { PageModel } from '../model.js';
import { Empty } from './empty.js';
import { cutText } from './texts.js';

/** Followers shown of one record. */
const FOLLOWERS_SHOWN = 100;

export function RecordDetail({ model }: { readonly model: PageModel }): JSX.Element {
  void model.grown.value;
  const store = model.store.value;
  const { seq } = model.selection.value;
  const record = seq === undefined ? undefined : store?.at(seq);
  if (record === undefined || store === undefined) {
    return (
      <Empty title="No record is selected">Select one in any list: its fields, causes and followers stand here.</Empty>
    );
  }
  const causes = store.causesOf(record.seq).slice(0, -1);
  const followers = store.followersOf(record.seq);
  return (
    <div class="detail">
      <h3>
        #{record.seq} {record.name}
      </h3>
      <p class="detail-actor">{cutText(shortAddress(record.actor))}</p>
      <p>{describeRecord(record)}</p>
      <div class="buttons">
        <button type="button" onClick={() => model.goTo(record.seq)}>
          show this moment
        </button>
        <button
          type="button"
          onClick={() => {
            model.filterText.value = `actor:"${record.actor}"`;
          }}
        >
          only this actor
        </button>
      </div>
      <Links title="Led here" model={model} records={causes} />
      <Links
        title="Followed from it"
        model={model}
        records={followers.slice(0, FOLLOWERS_SHOWN).flatMap((follower) => store.at(follower) ?? [])}
      >
        {followers.length > FOLLOWERS_SHOWN ? <li>and {followers.length - FOLLOWERS_SHOWN} more</li> : null}
      </Links>
      <h4>Fields</h4>
      <dl class="fields">
        {Object.entries(record.data).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{cutText(typeof value === 'string' ? value : JSON.stringify(value))}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Links(props: {
  readonly title: string;
  readonly model: PageModel;
  readonly records: readonly TraceRecord[];
  readonly children?: ComponentChildren;
}): JSX.Element | null {
  const { title, model, records, children } = props;
  if (records.length === 0) return null;
  return (
    <>
      <h4>{title}</h4>
      <ol class="links">
        {records.map((record) => (
          <li key={record.seq}>
            <button type="button" class="link" onClick={() => model.select(record)}>
              #{record.seq} {shortAddress(record.actor)}: {describeRecord(record)}
            </button>
          </li>
        ))}
        {children}
      </ol>
    </>
  );
}

// A column of text: how many different ones there are, and a search.

import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { Button } from "../button";
import { integer } from "../format";
import type { CodeColumn } from "../protocol";
import { CategoryBars, totals } from "./bars";
import type { BlockProps } from "./block";
import { missingCodes } from "./statistics";

const REPEATED = 5;

export function TextColumn(props: BlockProps & { data: CodeColumn | null }) {
  const { store, column, data } = props;
  return (
    <>
      {data && <Values {...props} data={data} />}
      <Search {...props} />
      {!column.shipped && <p class="dataview-note">searched in the kernel</p>}
      {column.shipped && !data && store.columnError(column) && (
        <p class="dataview-note">{store.columnError(column)}</p>
      )}
    </>
  );
}

/** The counts; and bars where values repeat, as those of an error or a camera do. */
function Values(props: BlockProps & { data: CodeColumn }) {
  const { data } = props;
  const { unique, missing, repeated } = useMemo(() => {
    const counts = totals(data);
    return {
      unique: counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0),
      missing: missingCodes(data.codes, data.missing, null),
      repeated: counts.some((count) => count > 1),
    };
  }, [data]);
  const few = unique > 0 && (repeated || unique <= REPEATED);
  return (
    <>
      <p class="dataview-note">
        {integer(unique)} unique{missing > 0 && ` · ${integer(missing)} missing`}
      </p>
      {few && <CategoryBars {...props} first={REPEATED} />}
    </>
  );
}

function Search({ store, column }: BlockProps) {
  const text = useSignal("");
  const search = (event: Event) => {
    event.preventDefault();
    if (!text.value) return;
    store.select({ op: "contains", col: column.name, text: text.value, case: false });
  };
  return (
    <form class="dataview-search" onSubmit={search}>
      <input
        type="search"
        placeholder="contains …"
        aria-label={`Select where ${column.text} contains`}
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
        }}
      />
      <Button title={`Select where ${column.text} contains it`} disabled={!text.value}>
        Select
      </Button>
    </form>
  );
}

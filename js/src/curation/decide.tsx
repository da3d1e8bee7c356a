// Deciding about what is selected: a tag, an exclusion, another label, a note; each with a why.
import { useSignal } from "@preact/signals";
import { Button } from "../button";
import type { Scalar } from "../expressions";
import { integer } from "../format";
import type { ColumnData } from "../protocol";
import type { Store } from "../store";
import type { Verb, Wish } from "./curation";
import { Popover } from "./popover";
import { Scope } from "./scope";

export type Deciding = Exclude<Verb, "slice">;

interface Choice {
  text: string;
  value: Scalar;
}

interface Form {
  title: string;
  /** The accessible name of the field; "": there is none. */
  field: string;
  placeholder: string;
  button: string;
  /** What can be chosen instead of typed. */
  choices(store: Store): Choice[];
  wish(value: Scalar): Wish;
}

const FORMS: Record<Deciding, Form> = {
  tag: {
    title: "Tag",
    field: "Tag",
    placeholder: "a name, such as blurry",
    button: "Tag",
    choices: (store) => store.curation.log.value.tags.map((text) => ({ text, value: text })),
    wish: (value) => ({ name: String(value) }),
  },
  exclude: {
    title: "Exclude",
    field: "",
    placeholder: "",
    button: "Exclude",
    choices: () => [],
    wish: () => ({}),
  },
  relabel: {
    title: "Relabel",
    field: "Label",
    placeholder: "the right label",
    button: "Relabel",
    choices: labels,
    wish: (value) => ({ value }),
  },
  note: {
    title: "Note on",
    field: "Note",
    placeholder: "what is to be known about them",
    button: "Note",
    choices: () => [],
    wish: (value) => ({ value }),
  },
};

/** Up to so many labels are buttons; all of them are suggestions. */
const BUTTONS = 12;
const SUGGESTIONS = 200;

/** The labels that there are, as the values that expressions have for them. */
function labels(store: Store): Choice[] {
  const column = store.schema.value.columns.find(({ role }) => role === "label");
  const data: ColumnData | null = column?.shipped ? store.column(column) : null;
  if (data?.encoding !== "code") return [];
  return data.categories.flatMap((text, i) => {
    const value = data.values[i] as Scalar;
    return value === null || typeof value === "object" ? [] : [{ text, value }];
  });
}

export function Decide({ store, what }: { store: Store; what: Deciding }) {
  const { curation } = store;
  const form = FORMS[what];
  const text = useSignal("");
  const why = useSignal("");
  const frozen = useSignal(curation.rowsByDefault(store.selection.peek()));
  const problem = useSignal("");
  const n = store.selectedCount.value;
  const choices = form.choices(store);
  const list = `dataview-${what}-choices`;
  const submit = async (wish: Wish) => {
    if (curation.busy.peek()) return;
    problem.value = "";
    try {
      const said = why.peek().trim();
      await curation.act(what, { ...wish, frozen: frozen.peek(), ...(said && { why: said }) });
      curation.close();
    } catch (error) {
      problem.value = (error as Error).message;
    }
  };
  const typed = () => {
    const value = text.peek().trim();
    if (form.field && !value) {
      problem.value = `${form.field}: nothing is written`;
      return;
    }
    submit(form.wish(choices.find((choice) => choice.text === value)?.value ?? value));
  };
  return (
    <Popover label={form.title} testid={`decide-${what}`} onClose={() => curation.close()}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          typed();
        }}
      >
        <p class="dataview-popover-title">
          {form.title} {integer(n)} image{n === 1 ? "" : "s"}
        </p>
        {form.field && (
          <input
            type="text"
            class="dataview-field"
            aria-label={form.field}
            placeholder={form.placeholder}
            list={choices.length > 0 ? list : undefined}
            value={text.value}
            maxLength={what === "note" ? 10_000 : 200}
            data-testid="decide-text"
            onInput={(event) => {
              text.value = event.currentTarget.value;
            }}
          />
        )}
        {choices.length > 0 && (
          <datalist id={list}>
            {choices.slice(0, SUGGESTIONS).map((choice) => (
              <option key={choice.text} value={choice.text} />
            ))}
          </datalist>
        )}
        {choices.length > 0 && choices.length <= BUTTONS && (
          <div class="dataview-choices">
            {choices.map((choice) => (
              <button
                key={choice.text}
                type="button"
                title={`${form.button}: ${choice.text}`}
                onClick={() => submit(form.wish(choice.value))}
              >
                {choice.text}
              </button>
            ))}
          </div>
        )}
        <input
          type="text"
          class="dataview-field"
          aria-label="Why"
          placeholder="why (optional)"
          value={why.value}
          maxLength={10_000}
          data-testid="decide-why"
          onInput={(event) => {
            why.value = event.currentTarget.value;
          }}
        />
        <Scope
          store={store}
          frozen={frozen.value}
          onChange={(next) => {
            frozen.value = next;
          }}
        />
        <Memory store={store} />
        {problem.value && (
          <p class="dataview-problem" role="alert" data-testid="decide-problem">
            {problem.value}
          </p>
        )}
        <div class="dataview-popover-buttons">
          {what === "tag" && (
            <Button
              title="Take this tag off the selected images"
              testid="decide-off"
              disabled={!choices.some((choice) => choice.text === text.value.trim())}
              onClick={() => submit({ name: text.value.trim(), value: false })}
            >
              Take off
            </Button>
          )}
          {what === "exclude" && (
            <Button
              title="Take back that the selected images are excluded"
              testid="decide-off"
              disabled={!store.columnNamed("excluded")}
              onClick={() => submit({ value: false })}
            >
              Bring back
            </Button>
          )}
          <Button title={`${form.button} (Enter)`} testid="decide-submit" primary>
            {curation.busy.value ? "Saving …" : form.button}
          </Button>
        </div>
      </form>
    </Popover>
  );
}

/** Said where a decision would be lost with the kernel. */
export function Memory({ store }: { store: Store }) {
  const { memory } = store.curation.log.value;
  if (!memory) return null;
  return (
    <p class="dataview-memory" data-testid="memory">
      Kept until the kernel ends: {memory}
    </p>
  );
}

// The part of the tools line that is about slices and decisions, and what it opens.
import { useEffect } from "preact/hooks";
import { Button } from "../button";
import { integer } from "../format";
import { Icon } from "../icons";
import type { Store } from "../store";
import type { Panel } from "./curation";
import { Decide, type Deciding } from "./decide";
import { Decisions } from "./decisions";
import { Slices } from "./slices";
import "./curation.css";

const VERBS: { what: Deciding; text: string; does: string; key: string }[] = [
  { what: "tag", text: "Tag", does: "Tag the selected images", key: "T" },
  {
    what: "exclude",
    text: "Exclude",
    does: "Exclude the selected images from the dataset",
    key: "X",
  },
  { what: "relabel", text: "Relabel", does: "Give the selected images another label", key: "B" },
  { what: "note", text: "Note", does: "Note something about the selected images", key: "N" },
];

/** What the keys open, where nobody is typing. */
export const PANEL_KEYS: Record<string, Panel> = {
  t: "tag",
  x: "exclude",
  b: "relabel",
  n: "note",
  s: "slices",
  d: "decisions",
};

export function CurationBar({ store }: { store: Store }) {
  const { curation } = store;
  const selecting = store.selectedCount.value > 0;
  const { panel } = curation;
  const toggle = (which: Panel) => {
    if (panel.peek() === which) curation.close();
    else curation.open(which);
  };
  const slices = curation.slices.value.length;
  const decisions = curation.log.value.acts.filter(({ undone }) => !undone).length;
  return (
    <>
      <span class="dataview-group" data-opens>
        <Button
          title="Slices (S): save the selection under a name, select what was saved"
          testid="slices"
          expanded={panel.value === "slices"}
          onClick={() => toggle("slices")}
        >
          Slices{slices > 0 && ` ${integer(slices)}`}
          <Icon name="down" />
        </Button>
      </span>
      <span class="dataview-group" role="group" aria-label="Decide" data-opens>
        {VERBS.map(({ what, text, does, key }) => (
          <Button
            key={what}
            title={selecting ? `${does} (${key})` : `${does} (${key}): nothing is selected`}
            testid={what}
            expanded={panel.value === what}
            disabled={!selecting}
            onClick={() => toggle(what)}
          >
            {text}
          </Button>
        ))}
        <Button
          icon="log"
          title="Decisions (D): what was decided, when and why"
          testid="decisions"
          expanded={panel.value === "decisions"}
          onClick={() => toggle("decisions")}
        >
          {decisions > 0 ? integer(decisions) : undefined}
        </Button>
      </span>
    </>
  );
}

/** What is open, below the tools. */
export function CurationPanel({ store }: { store: Store }) {
  const panel = store.curation.panel.value;
  if (panel === null) return null;
  if (panel === "slices") return <Slices store={store} />;
  if (panel === "decisions") return <Decisions store={store} />;
  return <Decide key={panel} store={store} what={panel as Deciding} />;
}

/** Milliseconds that something is said. */
const SAID = 10_000;

/** What was done last, with the way back. */
export function Said({ store }: { store: Store }) {
  const { curation } = store;
  const said = curation.said.value;
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => {
      if (curation.said.peek() === said) curation.said.value = null;
    }, SAID);
    return () => clearTimeout(timer);
  }, [said, curation]);
  return (
    <div class="dataview-said" role="status" data-testid="said" hidden={!said}>
      {said?.text}
      {said?.act && (
        <Button
          title="Take this decision back"
          testid="said-undo"
          onClick={() => {
            curation.undo(said.act).catch((error: Error) => store.complain(error.message));
          }}
        >
          Undo
        </Button>
      )}
    </div>
  );
}

// The whole view: header, tools, three panes, footer; and the keys that work everywhere in it.
import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Footer } from "./footer";
import { GridPanel } from "./grid/panel";
import { hasMap, MapPane } from "./mappane";
import { Messages } from "./messages";
import { Detail } from "./sample/sample";
import { Splitter } from "./splitter";
import type { Store, Tool } from "./store";
import { focusFinder } from "./summary/finder";
import { Summary } from "./summary/summary";
import { Header, Tools } from "./toolbar";
import "./app.css";

/** Below this width in px there is one pane at a time. */
const NARROW = 700;
const SMALLEST_PANE = 160;

type Pane = "map" | "grid" | "summary";

interface AppProps {
  store: Store;
  root: HTMLElement;
  /** Counts how often the view was put in a place of the page. */
  moves: ReadonlySignal<number>;
}

export function App({ store, root, moves }: AppProps) {
  const height = useSignal(store.height.value);
  useEffect(() => {
    const keyed = (event: KeyboardEvent) => onKey(store, root, event);
    root.addEventListener("keydown", keyed);
    return () => root.removeEventListener("keydown", keyed);
  }, [store, root]);
  root.style.height = `${height.value}px`;
  return (
    <>
      <Header store={store} />
      <Tools store={store} />
      <Messages store={store} />
      <Panes store={store} moves={moves} />
      <Footer store={store} />
      <Splitter
        axis="y"
        label="Height of the view"
        onMove={(delta) => {
          height.value = Math.max(320, height.value + delta);
        }}
      />
    </>
  );
}

function Panes({ store, moves }: Pick<AppProps, "store" | "moves">) {
  const place = useRef<HTMLDivElement>(null);
  const width = useSignal(0);
  const mapShare = useSignal(0.46); // of what the summary leaves
  const summaryWidth = useSignal(248);
  const tab = useSignal<Pane | null>(null);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      width.value = entry.contentRect.width;
    });
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, [width]);

  const map = hasMap(store);
  const narrow = width.value > 0 && width.value < NARROW;
  const shown = narrow ? (tab.value ?? (store.maps.points.value ? "map" : "grid")) : null;
  const rest = width.value - summaryWidth.value;
  const show = (pane: Pane) => shown === null || shown === pane;
  return (
    <>
      {narrow && <Tabs shown={shown!} map={map} onShow={(pane) => (tab.value = pane)} />}
      <div class="dataview-panes" ref={place}>
        {map && (
          <div
            class="dataview-slot"
            hidden={!show("map")}
            style={narrow ? { flex: 1 } : { flex: `0 0 ${Math.round(mapShare.value * rest)}px` }}
          >
            <MapPane store={store} />
          </div>
        )}
        {map && !narrow && (
          <Splitter
            axis="x"
            label="Width of the map"
            onMove={(delta) => {
              const least = SMALLEST_PANE / rest;
              const share = mapShare.value + delta / rest;
              mapShare.value = Math.min(1 - least, Math.max(least, share));
            }}
          />
        )}
        <div class="dataview-slot" hidden={!show("grid")} style={{ flex: 1 }}>
          <GridPanel store={store} moves={moves} />
        </div>
        {!narrow && (
          <Splitter
            axis="x"
            label="Width of the statistics"
            onMove={(delta) => {
              const most = width.value - 2 * SMALLEST_PANE;
              const wanted = summaryWidth.value - delta;
              summaryWidth.value = Math.min(most, Math.max(SMALLEST_PANE, wanted));
            }}
          />
        )}
        <div
          class="dataview-slot"
          hidden={!show("summary")}
          style={narrow ? { flex: 1 } : { flex: `0 0 ${summaryWidth.value}px` }}
        >
          <Summary store={store} />
        </div>
        <Detail store={store} />
      </div>
    </>
  );
}

interface TabsProps {
  shown: Pane;
  map: boolean;
  onShow(pane: Pane): void;
}

function Tabs({ shown, map, onShow }: TabsProps) {
  const tabs: [Pane, string][] = [
    ["map", "Map"],
    ["grid", "Images"],
    ["summary", "Columns"],
  ];
  return (
    <div class="dataview-tabs" role="tablist" aria-label="Panes">
      {tabs
        .filter(([pane]) => map || pane !== "map")
        .map(([pane, text]) => (
          <button
            key={pane}
            type="button"
            role="tab"
            data-testid={`tab-${pane}`}
            aria-selected={shown === pane}
            onClick={() => onShow(pane)}
          >
            {text}
          </button>
        ))}
    </div>
  );
}

const TOOL_KEYS: Record<string, Tool> = { l: "lasso", r: "rectangle", p: "pan" };

/** The keys that no view has taken. */
function onKey(store: Store, root: HTMLElement, event: KeyboardEvent): void {
  event.stopPropagation(); // the notebook has other uses for them
  const typing = event.target instanceof Element && event.target.matches("input[type=search]");
  if (event.defaultPrevented || typing) return;
  const command = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (command && key === "z") event.shiftKey ? store.redo() : store.undo();
  else if (command && key === "y") store.redo();
  else if (command && key === "a") store.selectAll();
  else if (command || event.altKey) return;
  else if (key === "escape") store.clear();
  else if (key === "/") {
    if (!focusFinder(root)) return;
  } else if (key in TOOL_KEYS && !(event.target instanceof HTMLSelectElement)) {
    store.tool.value = TOOL_KEYS[key];
  } else return;
  event.preventDefault();
}

// The whole view: header, tools, three panes, footer; and the keys that work everywhere in it.
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { CurationPanel, PANEL_KEYS, Said } from "./curation/bar";
import { Footer } from "./footer";
import { GridPanel } from "./grid/panel";
import { hasMap, MapPane } from "./mappane";
import { Messages } from "./messages";
import { PluginsDrawer } from "./plugins/drawer";
import { RunLines } from "./plugins/runs";
import { Side } from "./plugins/side";
import { Detail } from "./sample/sample";
import { DEFAULTS, settings } from "./settings";
import { Splitter } from "./splitter";
import type { Store, Tool } from "./store";
import { focusFinder } from "./summary/finder";
import { Header, Tools } from "./toolbar";
import type { ViewState } from "./view";
import "./app.css";

/** Below this width in px there is one pane at a time. */
const NARROW = 700;
const SMALLEST_PANE = 160;

/** Of what the statistics leave, and the width of these in px. */
const MAP_SHARE = 0.46;
const SUMMARY_WIDTH = 248;

type Pane = "map" | "grid" | "summary";

interface AppProps {
  store: Store;
  root: HTMLElement;
  view: ViewState;
}

export function App({ store, root, view }: AppProps) {
  const dragged = useSignal<number | null>(null);
  const height = useComputed(() => {
    if (dragged.value !== null) return dragged.value;
    const { value } = store.height;
    return value === DEFAULTS.height ? settings().value.height : value;
  });
  useEffect(() => {
    const keyed = (event: KeyboardEvent) => onKey(store, root, event);
    root.addEventListener("keydown", keyed);
    return () => root.removeEventListener("keydown", keyed);
  }, [store, root]);
  root.style.height = view.fills.value ? "100%" : `${height.value}px`;
  return (
    <>
      <Header store={store} view={view} />
      <Tools store={store} />
      <div class="dataview-below-tools">
        <CurationPanel store={store} />
        <PluginsDrawer store={store} />
      </div>
      <RunLines store={store} />
      <Messages store={store} />
      <Panes store={store} moves={view.moves} />
      <Footer store={store} />
      {!view.fills.value && (
        <Splitter
          axis="y"
          label="Height of the view"
          onMove={(delta) => {
            dragged.value = Math.max(320, height.peek() + delta);
          }}
        />
      )}
    </>
  );
}

function Panes({ store, moves }: Pick<AppProps, "store"> & Pick<ViewState, "moves">) {
  const place = useRef<HTMLDivElement>(null);
  const width = useSignal(0);
  const mapShare = useComputed(() => store.panes.value.map ?? MAP_SHARE);
  const summaryWidth = useComputed(() => store.panes.value.columns ?? SUMMARY_WIDTH);
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
              const map = Math.min(1 - least, Math.max(least, share, 0.05), 0.95);
              store.panes.value = { ...store.panes.value, map: Number(map.toFixed(3)) };
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
              const columns = Math.round(Math.min(most, Math.max(SMALLEST_PANE, wanted), 4000));
              store.panes.value = { ...store.panes.value, columns };
            }}
          />
        )}
        <div
          class="dataview-slot"
          hidden={!show("summary")}
          style={narrow ? { flex: 1 } : { flex: `0 0 ${summaryWidth.value}px` }}
        >
          <Side store={store} />
        </div>
        <Said store={store} />
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

/** Where keys are text. */
const TYPING = "input:not([type=range], [type=radio], [type=checkbox]), textarea";
const TOOL_KEYS: Record<string, Tool> = { l: "lasso", r: "rectangle", p: "pan" };

/** The keys that no view has taken. */
function onKey(store: Store, root: HTMLElement, event: KeyboardEvent): void {
  event.stopPropagation(); // the notebook has other uses for them
  const typing = event.target instanceof Element && event.target.matches(TYPING);
  if (event.defaultPrevented || typing) return;
  const command = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (command && key === "z") event.shiftKey ? store.redo() : store.undo();
  else if (command && key === "y") store.redo();
  else if (command && key === "a") store.selectAll();
  else if (command || event.altKey) return;
  else if (key === "escape") store.clear();
  else if (key === "u" && !(event.target instanceof HTMLSelectElement)) store.plugins.toggle();
  else if (key === "/") {
    if (!focusFinder(root)) return;
  } else if (key in PANEL_KEYS && !(event.target instanceof HTMLSelectElement)) {
    if (!store.curation.open(PANEL_KEYS[key])) return;
  } else if (key in TOOL_KEYS && !(event.target instanceof HTMLSelectElement)) {
    store.tool.value = TOOL_KEYS[key];
  } else return;
  event.preventDefault();
}

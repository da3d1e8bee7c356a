// The sidebar: the explorers of the page, what each shows, and how its work goes.
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import { type ReadonlySignal, signal } from "@preact/signals";
import { h, render } from "preact";
import { bridge, type ExplorerHandle } from "../bridge";
import { integer } from "../format";
import { icon } from "./icon";
import type { Trans } from "./translate";
import { bytes, doing } from "./words";

/** Milliseconds between two looks at the kernels' memory. */
const EVERY = 5000;

export interface SidebarOptions {
  readonly trans: Trans;
  /** Where an explorer is: a notebook's or kernel's name. */
  whereabouts(explorer: ExplorerHandle): string;
  /** It is in a tab of its own. */
  inTab(explorer: ExplorerHandle): boolean;
  memory(explorer: ExplorerHandle): Promise<number | null>;
  show(explorer: ExplorerHandle): void;
  openTab(explorer: ExplorerHandle): void;
  close(explorer: ExplorerHandle): void;
  /** Asks what to explore. */
  begin(): void;
}

export class Sidebar extends Widget {
  /** Counts up with every change of what is listed. */
  private readonly version = signal(0);
  private readonly memory = signal(new Map<ExplorerHandle, number>());
  private readonly stops = new Map<ExplorerHandle, () => void>();
  private readonly stop: () => void;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly options: SidebarOptions) {
    super();
    const { trans } = options;
    this.id = "dataview-sidebar";
    this.title.icon = icon;
    this.title.caption = trans("Image explorers");
    this.addClass("dataview-sidebar");
    this.node.dataset.testid = "dataview-sidebar";
    this.node.setAttribute("role", "region");
    this.node.setAttribute("aria-label", trans("Image explorers"));
    this.stop = bridge().explorers.onChange(() => this.follow());
    this.follow();
    render(h(List, { options, version: this.version, memory: this.memory }), this.node);
  }

  /** Draws anew: an explorer was shown elsewhere. */
  refresh(): void {
    this.version.value++;
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.stop();
    for (const stop of this.stops.values()) stop();
    clearInterval(this.timer);
    render(null, this.node);
    super.dispose();
  }

  protected override onAfterShow(_: Message): void {
    this.refresh();
    void this.measure();
    clearInterval(this.timer);
    this.timer = setInterval(() => void this.measure(), EVERY);
  }

  protected override onAfterHide(_: Message): void {
    clearInterval(this.timer);
  }

  private follow(): void {
    const there = new Set(bridge().explorers.list());
    for (const [explorer, stop] of this.stops) {
      if (there.has(explorer)) continue;
      stop();
      this.stops.delete(explorer);
    }
    for (const explorer of there) {
      if (this.stops.has(explorer)) continue;
      this.stops.set(
        explorer,
        explorer.subscribe(() => this.refresh()),
      );
    }
    this.refresh();
    if (this.isVisible) void this.measure();
  }

  private async measure(): Promise<void> {
    const found = new Map<ExplorerHandle, number>();
    await Promise.all(
      bridge()
        .explorers.list()
        .map(async (explorer) => {
          const used = await this.options.memory(explorer);
          if (used !== null) found.set(explorer, used);
        }),
    );
    this.memory.value = found;
  }
}

interface ListProps {
  options: SidebarOptions;
  version: ReadonlySignal<number>;
  memory: ReadonlySignal<Map<ExplorerHandle, number>>;
}

function List({ options, version, memory }: ListProps) {
  void version.value;
  const { trans } = options;
  const explorers = bridge().explorers.list();
  return (
    <>
      <header class="dataview-sidebar-head">
        <h2>{trans("Image explorers")}</h2>
        <button type="button" data-testid="sidebar-begin" onClick={() => options.begin()}>
          {trans("Explore images …")}
        </button>
      </header>
      {explorers.length === 0 && (
        <p class="dataview-sidebar-empty" data-testid="sidebar-empty">
          {trans("No explorer is open. Run")} <code>dv.explore("photos/")</code>{" "}
          {trans("in a notebook, or right-click a folder of images in the file browser and choose")}{" "}
          <em>{trans("Explore images")}</em>.
        </p>
      )}
      <ul class="dataview-sidebar-list">
        {explorers.map((explorer) => (
          <Entry
            key={explorer.id}
            explorer={explorer}
            options={options}
            memory={memory.value.get(explorer)}
          />
        ))}
      </ul>
    </>
  );
}

interface EntryProps {
  explorer: ExplorerHandle;
  options: SidebarOptions;
  memory: number | undefined;
}

function Entry({ explorer, options, memory }: EntryProps) {
  const { trans } = options;
  const { title, n, selected, slices, progress } = explorer.info.peek();
  const work = doing(progress, trans);
  const count = n === 1 ? trans("1 image") : trans("%1 images", integer(n));
  const facts = [count, trans("%1 selected", integer(selected))];
  const where = options.whereabouts(explorer);
  return (
    <li class="dataview-sidebar-entry" data-testid="sidebar-entry" data-model={explorer.model}>
      <button
        type="button"
        class="dataview-sidebar-title"
        data-testid="sidebar-show"
        title={trans("Show this explorer")}
        onClick={() => options.show(explorer)}
      >
        {title}
      </button>
      <div class="dataview-sidebar-facts" data-testid="sidebar-facts">
        {facts.join(" · ")}
      </div>
      {where && <div class="dataview-sidebar-facts">{where}</div>}
      {memory !== undefined && (
        <div class="dataview-sidebar-facts" data-testid="sidebar-memory">
          {trans("kernel: %1", bytes(memory))}
        </div>
      )}
      {work && (
        <div class="dataview-sidebar-work" data-testid="sidebar-progress">
          <span>{work.text}</span>
          {work.share !== null && <progress max={1} value={work.share} aria-label={work.text} />}
        </div>
      )}
      {slices.length > 0 && (
        <fieldset class="dataview-sidebar-slices" aria-label={trans("Slices")}>
          {slices.map((slice) => (
            <button
              key={slice.name}
              type="button"
              data-testid="sidebar-slice"
              title={trans("Select the slice %1", slice.name)}
              onClick={() => explorer.select(slice.name)}
            >
              {slice.name}
              {slice.count !== null && <span> {integer(slice.count)}</span>}
            </button>
          ))}
        </fieldset>
      )}
      <div class="dataview-sidebar-actions">
        <button type="button" data-testid="sidebar-go" onClick={() => options.show(explorer)}>
          {trans("Show")}
        </button>
        {!options.inTab(explorer) && (
          <button type="button" data-testid="sidebar-tab" onClick={() => options.openTab(explorer)}>
            {trans("Open in tab")}
          </button>
        )}
        <button type="button" data-testid="sidebar-close" onClick={() => options.close(explorer)}>
          {trans("Close")}
        </button>
      </div>
    </li>
  );
}

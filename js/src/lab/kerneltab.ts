// A tab whose explorer belongs to no notebook: it has a kernel, its own or one that ran already.
import type { Kernel, ServiceManager } from "@jupyterlab/services";
import { bridge } from "../bridge";
import { makeExplorer } from "./frontend";
import { ask, join, Line, StartError, start, type Where } from "./kernel";
import { ExplorerPanel, type Saved } from "./panel";
import { codeFor, type KernelSettings, type Request, shownPath, titleOf } from "./request";
import type { Trans } from "./translate";

/** Milliseconds after which a kernel that was joined counts as busy. */
const BUSY = 3000;

export interface KernelTabOptions {
  name: string;
  request: Request;
  where: Omit<Where, "title">;
  /** True where the kernel ends with the tab. */
  owned: boolean;
  /** The model that it showed before the page was reloaded. */
  model?: string;
  services: ServiceManager.IManager;
  /** The folder of the server, as the page says it. */
  root: string;
  settings(): KernelSettings;
  readonly trans: Trans;
  /** Asks which kernel to take; null: none. */
  chooseKernel(): Promise<{ kernelId?: string; kernelName?: string } | null>;
}

export class KernelPanel extends ExplorerPanel {
  private connection: Kernel.IKernelConnection | null = null;
  private line: Line | null = null;
  private end: (() => void) | null = null;
  private model = "";
  private where: Omit<Where, "title">;
  private owned: boolean;
  /** Counts the attempts: an older one shows nothing any more. */
  private attempt = 0;

  constructor(private readonly options: KernelTabOptions) {
    super(options.name, titleOf(options.request));
    this.where = options.where;
    this.owned = options.owned;
    this.title.caption = options.request.paths.map(shownPath).join("\n");
    void (options.model ? this.resume(options.model) : this.begin());
  }

  saved(): Saved {
    const { name, request } = this.options;
    return {
      kind: "kernel",
      name,
      title: this.title.label,
      request: { paths: request.paths, roles: { ...request.roles } as { [role: string]: string } },
      kernelId: this.connection?.id ?? this.where.kernelId ?? "",
      kernelName: this.connection?.name ?? this.where.kernelName ?? "",
      owned: this.owned,
      model: this.model,
    };
  }

  /** The folder that its kernel started in. */
  get folder(): string {
    return this.options.where.folder;
  }

  get kernel(): Kernel.IKernelConnection | null {
    return this.connection;
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.attempt++;
    if (!this.owned) this.explorer?.close(); // nobody sees it any more: its work ends
    this.drop();
    void this.shutDown();
    super.dispose();
  }

  /** Starts or joins the kernel, and shows the request in it. */
  private async begin(): Promise<void> {
    const { trans, services, request, root } = this.options;
    const mine = ++this.attempt;
    const late = () => mine !== this.attempt || this.isDisposed;
    this.drop();
    try {
      if (!this.connection) {
        this.say({ text: trans("Starting a kernel …") });
        const { kernelId } = this.where;
        const title = titleOf(request);
        const kernel = kernelId
          ? await join(services.kernels, kernelId)
          : await start(services.sessions, { ...this.where, title });
        if (!kernel) throw new StartError(trans("The kernel that was chosen is gone."));
        this.connection = kernel;
        if (late()) return void (this.isDisposed && this.shutDown());
        kernel.statusChanged.connect(this.onStatus, this);
        kernel.disposed.connect(this.onGone, this);
      }
      this.say({ text: trans("Opening %1 …", shownPath(request.paths[0])) });
      const code = codeFor(request, root, this.options.settings());
      const label = await this.kernelLabel();
      const busy = setTimeout(() => {
        if (late() || this.owned) return;
        this.say({ text: trans("Waiting for the kernel, which is running something else …") });
      }, BUSY);
      const shown = await ask(this.connection, code, label).finally(() => clearTimeout(busy));
      if (!late()) await this.connect(shown.model, late);
    } catch (error) {
      if (!late()) this.fail(error);
    }
  }

  /** After a reload of the page: the explorer that is still in its kernel. */
  private async resume(model: string): Promise<void> {
    const { trans, services } = this.options;
    const mine = ++this.attempt;
    const late = () => mine !== this.attempt || this.isDisposed;
    this.model = model;
    this.say({ text: trans("Connecting to the kernel …") });
    try {
      const id = this.where.kernelId ?? "";
      const kernel = id ? await join(services.kernels, id).catch(() => null) : null;
      if (late()) return;
      if (!kernel) {
        const words = trans("The kernel of this explorer is gone, and what was selected with it.");
        this.where = { ...this.where, kernelId: undefined };
        this.owned = true;
        return this.offer(words);
      }
      this.connection = kernel;
      kernel.statusChanged.connect(this.onStatus, this);
      kernel.disposed.connect(this.onGone, this);
      await this.connect(model, late);
    } catch (error) {
      if (!late()) this.fail(error);
    }
  }

  private async connect(model: string, late: () => boolean): Promise<void> {
    const line = new Line(this.connection!, model);
    if (!(await line.load())) {
      line.dispose();
      if (!late())
        this.offer(this.options.trans("The kernel does not have this explorer any more."));
      return;
    }
    if (late()) return line.dispose();
    const end = await makeExplorer(line.model);
    if (late()) {
      end();
      return line.dispose();
    }
    [this.line, this.end, this.model] = [line, end, model];
    line.onClose = () => this.offer(this.options.trans("The explorer was closed in its kernel."));
    const explorer = bridge()
      .explorers.list()
      .filter((each) => each.model === model)
      .at(-1);
    if (!explorer)
      throw new Error("the explorer's front end is of another version: reload the page");
    this.showExplorer(explorer);
  }

  private drop(): void {
    this.empty();
    this.line?.dispose();
    this.end?.();
    this.line = this.end = null;
  }

  private onStatus(_: unknown, status: Kernel.Status): void {
    if (status === "restarting" || status === "autorestarting") {
      this.offer(this.options.trans("The kernel was restarted: the explorer has to be made anew."));
    } else if (status === "dead") this.onGone();
  }

  private onGone(): void {
    this.disconnect();
    if (!this.isDisposed) this.offer(this.options.trans("The kernel has died."));
  }

  private disconnect(): void {
    this.connection?.statusChanged.disconnect(this.onStatus, this);
    this.connection?.disposed.disconnect(this.onGone, this);
    this.connection = null;
    this.where = { ...this.where, kernelId: undefined };
  }

  protected lost(): void {}

  private offer(text: string, detail?: string): void {
    this.attempt++;
    this.drop();
    const { trans } = this.options;
    this.say({
      text,
      detail,
      failed: true,
      more: trans("What the kernel said"),
      actions: [
        { text: trans("Try again"), testid: "tab-retry", run: () => void this.begin() },
        { text: trans("Choose a kernel …"), testid: "tab-kernel", run: () => void this.choose() },
        { text: trans("Close"), testid: "tab-close", run: () => this.closeTab() },
      ],
    });
  }

  private fail(error: unknown): void {
    const detail = error instanceof StartError ? error.detail : "";
    this.offer(error instanceof Error ? error.message : String(error), detail);
  }

  private async choose(): Promise<void> {
    const chosen = await this.options.chooseKernel();
    if (!chosen || this.isDisposed) return;
    await this.shutDown();
    this.disconnect();
    this.where = { ...this.where, kernelId: undefined, kernelName: undefined, ...chosen };
    this.owned = !chosen.kernelId;
    await this.begin();
  }

  /** What people call the kernel. */
  private async kernelLabel(): Promise<string> {
    const { services } = this.options;
    await services.kernelspecs.ready;
    const name = this.connection?.name ?? "";
    return services.kernelspecs.specs?.kernelspecs[name]?.display_name ?? name;
  }

  /** Ends the kernel that was started for this tab, unless something else has come to use it. */
  private async shutDown(): Promise<void> {
    const { services } = this.options;
    const kernel = this.connection;
    if (!kernel) return;
    kernel.statusChanged.disconnect(this.onStatus, this);
    kernel.disposed.disconnect(this.onGone, this);
    if (this.owned) {
      await services.sessions.refreshRunning().catch(() => {});
      const others = [...services.sessions.running()].filter(
        ({ kernel: used, type }) => used?.id === kernel.id && type !== "dataview",
      );
      if (others.length === 0) await services.kernels.shutdown(kernel.id).catch(() => {});
    }
    if (!kernel.isDisposed) kernel.dispose();
  }
}

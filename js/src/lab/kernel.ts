// A kernel that explorers in tabs of their own run in: its session, code, comm and memory.
import { type Kernel, KernelMessage, type Session } from "@jupyterlab/services";
import { RemoteModel } from "./remote";

/** What the kernel answers where it has shown a request; `open_tab` in dataview/tabs.py. */
const ANSWER = "application/vnd.dataview.explorer+json";

export interface Shown {
  /** The id of the widget model. */
  model: string;
  /** The name of the variable that holds the explorer. */
  variable: string;
}

/** Why a request could not be shown: in words, and all that the kernel said. */
export class StartError extends Error {
  constructor(
    message: string,
    readonly detail = "",
  ) {
    super(message);
  }
}

/** A traceback without the colours of a terminal. */
export function plainText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is how colours begin.
  return text.replace(/\x1b\[[0-9;]*[A-Za-z]/g, "");
}

/** What an exception in the kernel means for someone who has written no code. */
export function explain(name: string, value: string, kernel: string): string {
  if (name === "ModuleNotFoundError" && /^No module named 'dataview(\.tabs)?'/.test(value)) {
    return `dataview is not installed in the kernel "${kernel}". Install jupyterlab-dataview there, or choose another kernel.`;
  }
  if (name === "SyntaxError" || name === "") return `"${kernel}" is not a Python kernel.`;
  if (name === "KeyError") return value.replace(/^(['"])(.*)\1$/s, "$2");
  return value || name;
}

/** Runs code that no one sees, and gives what it answers. */
export async function ask(
  kernel: Kernel.IKernelConnection,
  code: string,
  label: string,
): Promise<Shown> {
  const info = await kernel.info;
  if (info.language_info.name !== "python") {
    throw new StartError(explain("", "", label), `its language is ${info.language_info.name}`);
  }
  const future = kernel.requestExecute({
    code,
    silent: false,
    store_history: false,
    allow_stdin: false,
    stop_on_error: false, // the cells that wait in a kernel which was joined are not ours
  });
  let shown: Shown | null = null;
  future.onIOPub = ({ header, content }) => {
    if (header.msg_type !== "display_data") return;
    const { data } = content as KernelMessage.IDisplayDataMsg["content"];
    if (data[ANSWER]) shown = data[ANSWER] as unknown as Shown;
  };
  const { content } = await future.done;
  if (content.status === "error") {
    const { ename, evalue, traceback } = content;
    const words = explain(ename, evalue, label);
    throw new StartError(words, plainText((traceback ?? []).join("\n")));
  }
  if (content.status !== "ok" || !shown) throw new StartError("the kernel gave no answer");
  return shown;
}

/** A model's end of the comm, on a subshell where the kernel has them: cells do not hold it up. */
export class Line {
  readonly model: RemoteModel;
  /** Called when the kernel closes the explorer. */
  onClose: () => void = () => {};
  private readonly subshell: Promise<string | null>;
  private subshellId: string | null = null;

  constructor(
    private readonly kernel: Kernel.IKernelConnection,
    private readonly comm: string,
  ) {
    this.model = new RemoteModel((data, buffers) => this.send(data, buffers));
    this.subshell = this.makeSubshell();
    kernel.iopubMessage.connect(this.take, this);
  }

  /** Fetches the model's state; false where the kernel does not have it. */
  async load(): Promise<boolean> {
    this.subshellId = await this.subshell;
    return this.model.load();
  }

  dispose(): void {
    this.kernel.iopubMessage.disconnect(this.take, this);
    const id = this.subshellId;
    if (id && !this.kernel.isDisposed && this.kernel.status !== "dead") {
      this.kernel.requestDeleteSubshell({ subshell_id: id }).done.catch(() => {});
    }
  }

  private async makeSubshell(): Promise<string | null> {
    try {
      await this.kernel.info;
      if (!this.kernel.supportsSubshells) return null;
      const { content } = await this.kernel.requestCreateSubshell({}).done;
      return content.subshell_id ?? null;
    } catch {
      return null; // then its messages wait for cells, and the view says so
    }
  }

  private send(data: object, buffers: (ArrayBuffer | ArrayBufferView)[]) {
    const { kernel } = this;
    const message = KernelMessage.createMessage<KernelMessage.ICommMsgMsg<"shell">>({
      msgType: "comm_msg",
      channel: "shell",
      username: kernel.username,
      session: kernel.clientId,
      subshellId: this.subshellId ?? undefined,
      content: { comm_id: this.comm, data: data as never },
      buffers,
    });
    if (kernel.isDisposed || kernel.status === "dead") {
      return { id: message.header.msg_id, done: Promise.reject(new Error("the kernel is gone")) };
    }
    const { done } = kernel.sendShellMessage(message, false, true);
    return { id: message.header.msg_id, done };
  }

  private take(_kernel: unknown, message: KernelMessage.IIOPubMessage): void {
    if (message.header.msg_type === "comm_msg") {
      const { comm_id, data } = message.content as KernelMessage.ICommMsgMsg["content"];
      if (comm_id !== this.comm) return;
      const parent = (message.parent_header as { msg_id?: string }).msg_id;
      this.model.receive({ data, buffers: message.buffers, parent });
    } else if (message.header.msg_type === "comm_close") {
      const { comm_id } = message.content as KernelMessage.ICommCloseMsg["content"];
      if (comm_id === this.comm) this.onClose();
    }
  }
}

/** Bytes of memory that a kernel's process uses; null where it does not say. */
export async function memoryOf(kernel: Kernel.IKernelConnection): Promise<number | null> {
  if (kernel.isDisposed || kernel.connectionStatus !== "connected") return null;
  const message = KernelMessage.createMessage({
    msgType: "usage_request" as never, // of ipykernel; JupyterLab has no method for it
    channel: "control",
    username: kernel.username,
    session: kernel.clientId,
    content: {} as never,
  }) as KernelMessage.IControlMessage;
  try {
    const future = kernel.sendControlMessage(message, true, true);
    const late = new Promise<null>((resolve) => setTimeout(resolve, 4000, null));
    const reply = await Promise.race([future.done, late]);
    const bytes = (reply?.content as { kernel_memory?: unknown } | undefined)?.kernel_memory;
    return typeof bytes === "number" && bytes > 0 ? bytes : null;
  } catch {
    return null;
  }
}

/** The path of a new session: in the folder of what is shown, which the kernel then starts in. */
export function sessionPath(folder: string): string {
  const name = `dataview-${Math.random().toString(36).slice(2, 10)}`;
  return folder ? `${folder}/${name}` : name;
}

/** Where an explorer is to run. */
export interface Where {
  /** A kernel that runs, which is joined and stays. */
  kernelId?: string;
  /** Else the kind of kernel to start; the server's usual one where there is no name. */
  kernelName?: string;
  /** The folder that a new kernel starts in. */
  folder: string;
  title: string;
}

// The connections leave comms to `Line`: JupyterLab's would close those that they do not know.
const COMMS = { handleComms: false };

/** Joins a kernel that runs, or null where it does not. */
export async function join(
  manager: Kernel.IManager,
  id: string,
): Promise<Kernel.IKernelConnection | null> {
  const model = await manager.findById(id);
  return model ? manager.connectTo({ model, ...COMMS }) : null;
}

/** Starts a kernel in a session, which gives it its folder. */
export async function start(
  sessions: Session.IManager,
  { kernelName, folder, title }: Where,
): Promise<Kernel.IKernelConnection> {
  const path = sessionPath(folder);
  const session = await sessions
    .startNew(
      { path, name: title, type: "dataview", kernel: { name: kernelName } },
      { kernelConnectionOptions: COMMS },
    )
    .catch((error: Error & { traceback?: string }) => {
      const kind = kernelName ? `the kernel "${kernelName}"` : "a kernel";
      throw new StartError(`The server could not start ${kind}: ${error.message}`, error.traceback);
    });
  if (!session.kernel) throw new StartError("the server started no kernel");
  return session.kernel;
}

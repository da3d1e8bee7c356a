// What went wrong, said in place: stages that failed, plugins that raised, views that could not.
import { useSignal } from "@preact/signals";
import { Button } from "./button";
import type { Notice, Store } from "./store";

export function Messages({ store }: { store: Store }) {
  const notices = store.notices.value;
  if (notices.length === 0) return null;
  return (
    <div class="dataview-messages" role="log" aria-label="Messages" data-testid="messages">
      {notices.map((notice) => (
        <Line key={notice.key} notice={notice} onDismiss={() => store.dismiss(notice.key)} />
      ))}
    </div>
  );
}

function Line({ notice, onDismiss }: { notice: Notice; onDismiss(): void }) {
  const open = useSignal(false);
  const { level, text, detail } = notice;
  return (
    <div class="dataview-message" data-level={level}>
      <div class="dataview-message-line">
        <span class="dataview-message-text">{text}</span>
        {detail && (
          <Button
            title="What happened, with the traceback"
            expanded={open.value}
            onClick={() => {
              open.value = !open.value;
            }}
          >
            {open.value ? "Hide details" : "Details"}
          </Button>
        )}
        <Button icon="close" title="Dismiss" onClick={onDismiss} />
      </div>
      {open.value && <pre class="dataview-detail-text">{detail}</pre>}
    </div>
  );
}

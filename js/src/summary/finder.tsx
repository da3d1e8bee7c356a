// The search for a column by its name.
import type { Signal } from "@preact/signals";

export function Finder({ search }: { search: Signal<string> }) {
  const keyed = (event: KeyboardEvent) => {
    const input = event.currentTarget as HTMLInputElement;
    const panel = input.closest<HTMLElement>(".dataview-summary")!;
    if (event.key === "Escape") {
      if (search.value) search.value = "";
      else input.closest<HTMLElement>(".dataview")?.focus();
    } else if (event.key === "Enter" || event.key === "ArrowDown") {
      panel.querySelector<HTMLElement>("section button:not(:disabled)")?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <label class="dataview-finder">
      <input
        type="search"
        data-testid="find-column"
        placeholder="Find a column"
        aria-label="Find a column by its name"
        value={search.value}
        onInput={(event) => {
          search.value = event.currentTarget.value;
        }}
        onKeyDown={keyed}
      />
    </label>
  );
}

/** Goes to the search of the view `root`; false where there is none. */
export function focusFinder(root: HTMLElement): boolean {
  const input = root.querySelector<HTMLInputElement>('[data-testid="find-column"]');
  if (!input) return false;
  // in a narrow view the columns are behind a tab
  if (!input.checkVisibility())
    root.querySelector<HTMLElement>('[data-testid="tab-summary"]')?.click();
  requestAnimationFrame(() => {
    input.focus();
    input.select();
  });
  return true;
}

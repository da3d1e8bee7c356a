// What a decision is about: these images, or whatever the rule will mean.
import { phrase } from "../format";
import type { Store } from "../store";
import { onlyPicks } from "./curation";

interface ScopeProps {
  store: Store;
  frozen: boolean;
  onChange(frozen: boolean): void;
}

export function Scope({ store, frozen, onChange }: ScopeProps) {
  const expr = store.selection.value;
  if (!expr || onlyPicks(expr)) return null;
  const rule = phrase(expr);
  return (
    <fieldset class="dataview-scope" data-testid="scope">
      <legend>It is about</legend>
      <label>
        <input
          type="radio"
          checked={frozen}
          data-testid="scope-rows"
          onChange={() => onChange(true)}
        />
        these images and no others
      </label>
      <label title={rule}>
        <input
          type="radio"
          checked={!frozen}
          data-testid="scope-rule"
          onChange={() => onChange(false)}
        />
        <span>
          also new ones with <code>{rule}</code>
        </span>
      </label>
    </fieldset>
  );
}

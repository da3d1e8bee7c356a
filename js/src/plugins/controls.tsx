// The parameters of a plugin: numbers with bounds, choices, switches and texts.
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { type Control, fits, type Plugin, type Plugins, type Value } from "./plugins";

/** More controls than these are folded. */
const FEW = 3;

interface Props {
  plugins: Plugins;
  plugin: Plugin;
  /** Called when a value has changed. */
  onChange?(): void;
}

export function Controls({ plugins, plugin, onChange }: Props) {
  if (plugin.parameters.length === 0) return null;
  const values = plugins.values(plugin);
  const fields = (
    <div class="dataview-controls">
      {plugin.parameters.map((control) => (
        <Field
          key={control.name}
          control={control}
          value={values[control.name]}
          onChange={(value) => {
            plugins.edit(plugin, control.name, value);
            onChange?.();
          }}
        />
      ))}
    </div>
  );
  if (plugin.parameters.length <= FEW) return fields;
  return (
    <details class="dataview-more">
      <summary>{plugin.parameters.length} parameters</summary>
      {fields}
    </details>
  );
}

interface FieldProps {
  control: Control;
  value: Value;
  onChange(value: Value): void;
}

function Field({ control, value, onChange }: FieldProps) {
  const { name, kind, choices = [] } = control;
  const id = useId();
  const field = () => {
    if (kind === "switch") {
      return (
        <input
          id={id}
          type="checkbox"
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    }
    if (kind === "choice") {
      return (
        <select
          id={id}
          class="dataview-field"
          value={String(value)}
          onChange={(event) => onChange(Number(event.currentTarget.value))}
        >
          {choices.map((choice, i) => (
            <option key={choice} value={String(i)} selected={i === value}>
              {choice}
            </option>
          ))}
        </select>
      );
    }
    if (kind === "text") {
      return (
        <input
          id={id}
          class="dataview-field"
          type="text"
          value={String(value)}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    }
    return <Numeric id={id} control={control} value={Number(value)} onChange={onChange} />;
  };
  return (
    <div class="dataview-control" data-control={name}>
      <label htmlFor={id} title={name}>
        {name}
      </label>
      {field()}
    </div>
  );
}

/** A number that may be typed; with two bounds, a slider beside it. */
function Numeric({ id, control, value, onChange }: FieldProps & { id: string; value: number }) {
  const { low, high, kind } = control;
  const wrong = useSignal("");
  const step = control.step ?? (kind === "integer" ? 1 : "any");
  const bounded = low != null && high != null;
  const typed = (text: string) => {
    const next = text.trim() === "" ? Number.NaN : Number(text);
    if (fits(control, next)) {
      wrong.value = "";
      onChange(next);
    } else {
      wrong.value = expected(control);
    }
  };
  return (
    <>
      {bounded && (
        <input
          class="dataview-slider"
          type="range"
          aria-label={`${control.name}, slider`}
          tabIndex={-1}
          min={low}
          max={high}
          step={step === "any" ? (high - low) / 100 : step}
          value={value}
          onInput={(event) => typed(event.currentTarget.value)}
        />
      )}
      <input
        id={id}
        class="dataview-field dataview-number"
        type="number"
        value={value}
        min={low ?? undefined}
        max={high ?? undefined}
        step={step}
        title={expected(control)}
        aria-invalid={wrong.value !== ""}
        onInput={(event) => typed(event.currentTarget.value)}
      />
      {wrong.value && <small class="dataview-wrong">{wrong.value}</small>}
    </>
  );
}

function expected({ kind, low, high }: Control): string {
  const what = kind === "integer" ? "a whole number" : "a number";
  if (low != null && high != null) return `${what} from ${low} to ${high}`;
  if (low != null) return `${what} from ${low} on`;
  return high != null ? `${what} up to ${high}` : what;
}

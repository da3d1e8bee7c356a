// The values of a row, in the groups of the columns.
import { grouped } from "../groups";
import type { Field, Sample } from "../protocol";

export function Fields({ sample }: { sample: Sample | null }) {
  if (!sample) return <div class="dataview-fields" />;
  const error = sample.fields.find(isError)?.value;
  return (
    <div class="dataview-fields">
      {error && <p class="dataview-fields-error">{error}</p>}
      <table>
        <tbody>
          <Line name="index" value={sample.index} />
        </tbody>
        {grouped(sample.fields.filter((field) => !isError(field))).map(({ key, items }) => {
          const lines = linesOf(key, items);
          return lines.length === 0 ? null : (
            <tbody key={key} data-group={key}>
              {key !== "" && (
                <tr class="dataview-fields-group">
                  <th colSpan={2} scope="rowgroup">
                    {key}
                  </th>
                </tr>
              )}
              {lines.map(({ name, value }, i) => (
                <Line key={`${i}-${name}`} name={name} value={value} />
              ))}
            </tbody>
          );
        })}
      </table>
    </div>
  );
}

function Line({ name, value }: FieldLine) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class={value === null ? "dataview-muted" : ""}>{value ?? "–"}</td>
    </tr>
  );
}

const isError = ({ text, group }: Field) => group === "quality" && text === "error";

interface FieldLine {
  name: string;
  value: string | null;
}

/**
 * What is written of a group: every column of the user's own, with a dash where the value is missing;
 * of the others what there is, the place as a pair of numbers, and the flags that are set in one line.
 */
export function linesOf(group: string, fields: Field[]): FieldLine[] {
  const plain = (field: Field) => ({ name: field.text, value: written(field) });
  if (group === "") return fields.map(plain);
  const present = fields.filter(({ value }) => value !== null);
  if (group === "quality") {
    const flags = present.filter(({ kind }) => kind === "boolean");
    const set = flags.filter(({ value }) => value === "True").map(({ text }) => text);
    const others = present.filter((field) => !flags.includes(field)).map(plain);
    return flags.length > 0
      ? [{ name: "flags", value: set.join(", ") || null }, ...others]
      : others;
  }
  const place = ["latitude", "longitude"].map((name) => present.find(({ text }) => text === name));
  const [latitude, longitude] = place.map((field) => Number(field?.value));
  if (!Number.isFinite(latitude) || !Number.isFinite(longitude)) return present.map(plain);
  const rest = present.filter((field) => !place.includes(field)).map(plain);
  return [...rest, { name: "place", value: `${latitude.toFixed(6)}, ${longitude.toFixed(6)}` }];
}

/** A value as text: fractions to six digits, whole numbers as they are. */
function written({ value, kind }: Field): string | null {
  const number = Number(value);
  if (value === null || kind !== "number" || !/[.e]/.test(value)) return value;
  if (Number.isNaN(number)) return value;
  if (Number.isInteger(number) && Math.abs(number) < 2 ** 53) return String(number);
  return Math.abs(number) < 1e6 ? String(Number(number.toPrecision(6))) : value;
}

// The icons: 16 px strokes in the colour of the text.

const PATHS = {
  pan: "M8 2v12M2 8h12M8 2 6.2 3.8M8 2l1.8 1.8M8 14l-1.8-1.8M8 14l1.8-1.8M2 8l1.8-1.8M2 8l1.8 1.8M14 8l-1.8-1.8M14 8l-1.8 1.8",
  lasso:
    "M8 3c3.3 0 5.8 1.5 5.8 3.7S11.3 10.4 8 10.400c-1 0-2-.1-2.8-.4M8 3C4.7 3 2.2 4.5 2.2 6.700c0 1.3.9 2.4 2.3 3M4.6 9.700a1.2 1.2 0 1 0 .7 2.100c.3-.6.2-1.3-.1-1.800M5.2 11.800c0 .9-.4 1.5-1.2 1.9",
  rectangle:
    "M2.5 4v-1.500h1.500M6.5 2.500h3M12 2.500h1.500V4M13.5 6.500v3M13.5 12v1.500H12M9.5 13.500h-3M4 13.500H2.500V12M2.5 9.500v-3",
  replace: "M3 3h10v10H3z",
  add: "M8 3.500v9M3.5 8h9",
  subtract: "M3.5 8h9",
  intersect: "M9.8 8a4 4 0 1 1-8 0 4 4 0 0 1 8 0ZM14.2 8a4 4 0 1 1-8 0 4 4 0 0 1 8 0Z",
  undo: "M3 6.500h6.500a3.5 3.5 0 0 1 0 7H6M5.8 3.5 2.8 6.500l3 3",
  redo: "M13 6.500H6.500a3.5 3.5 0 0 0 0 7H10M10.2 3.500l3 3-3 3",
  close: "M4 4l8 8M12 4l-8 8",
  left: "M10 3.5 5.5 8l4.5 4.5",
  right: "M6 3.5 10.5 8 6 12.5",
  down: "M3.5 6 8 10.5 12.5 6",
  ascending: "M5 13V3M5 3 2.5 5.500M5 3l2.5 2.500M9 4.500h2M9 8h3.500M9 11.500h5",
  descending: "M5 3v10M5 13l-2.5-2.500M5 13l2.5-2.500M9 4.500h5M9 8h3.500M9 11.500h2",
  copy: "M5.5 5.500V2.500h8v8h-3M2.5 5.500h8v8h-8z",
  insert: "M3 2.500h10v4.500H3zM8 9v5M5.5 11.500h5",
  filter: "M2.5 3h11L9.5 8v4.500l-3 1.500V8z",
  color: "M8 2.500C8 2.5 3.8 7 3.8 9.800a4.2 4.2 0 0 0 8.4 0C12.2 7 8 2.5 8 2.500Z",
  all: "M3 3h4v4H3zM9 3h4v4H9zM3 9h4v4H3zM9 9h4v4H9z",
  tab: "M6.500 3H3v10h10V9.500M9.500 2.500h4v4M13.500 2.500 7.500 8.500",
  fit: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
  edit: "M3 13l.7-3L10.500 3.200l2.300 2.300L6 12.300zM9.200 4.500l2.300 2.300",
  log: "M3.500 2.500h9v11h-9zM6 5.500h4M6 8h4M6 10.500h2.500",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="dataview-icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

// Files that the bundler turns into text or takes out into widget.css.
declare module "*.vert" {
  const source: string;
  export default source;
}
declare module "*.frag" {
  const source: string;
  export default source;
}
declare module "*.glsl" {
  const source: string;
  export default source;
}
declare module "*.svg" {
  const source: string;
  export default source;
}
declare module "*.css";

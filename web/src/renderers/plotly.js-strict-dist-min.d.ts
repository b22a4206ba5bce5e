// The package brings no types; this is as much of it as is used.
declare module 'plotly.js-strict-dist-min' {
  const Plotly: {
    react(root: HTMLElement, data: unknown, layout: object, config: object): Promise<void>;
    addFrames(root: HTMLElement, frames: unknown[]): Promise<void>;
  };
  export default Plotly;
}

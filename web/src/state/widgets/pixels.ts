// Arrays of numbers as pixels. Pure.

export interface Pixels {
  width: number;
  height: number;
  data: Uint8ClampedArray<ArrayBuffer>;
}

type Numbers = { readonly length: number; readonly [at: number]: number };

const READERS: { readonly [dtype: string]: new (bytes: ArrayBuffer) => Numbers } = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};
/** Larger ones no screen shows, and a browser does not draw. */
const LARGEST_SIDE = 16_384;

/** Floating numbers are from 0 to 1, whole ones bytes. Undefined when the numbers are no picture. */
export function pixelsOf(bytes: ArrayBuffer, shape: readonly number[], dtype: string): Pixels | undefined {
  const [height = 0, width = 0, channels = 1] = shape;
  const Reader = READERS[dtype];
  const sound = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0 && Math.max(width, height) <= LARGEST_SIDE;
  if (!Reader || !sound || ![1, 3, 4].includes(channels) || shape.length < 2 || shape.length > 3) return undefined;
  const size = (Reader as unknown as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
  if (bytes.byteLength !== width * height * channels * size) return undefined;
  const numbers = new Reader(bytes);
  const most = dtype.startsWith('float') ? 255 : 1;
  const data = new Uint8ClampedArray(width * height * 4);
  for (let at = 0; at < width * height; at += 1) {
    const from = at * channels;
    for (let color = 0; color < 3; color += 1) data[at * 4 + color] = (numbers[channels === 1 ? from : from + color] ?? 0) * most;
    data[at * 4 + 3] = channels === 4 ? (numbers[from + 3] ?? 0) * most : 255;
  }
  return { width, height, data };
}

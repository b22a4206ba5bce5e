// How large a picture is, read from its first bytes: its place is kept before it is decoded. Pure.
//
// Invariant: whatever the bytes are, the answer is a positive size or none.

export interface Size {
  width: number;
  height: number;
}

/** Characters of base64 in which every format but one says it. */
const HEAD = 64;
/** A JPEG may carry a thumbnail before it says how large it is. */
const LONG_HEAD = 64 * 1024;
const POINTS = 96 / 72;
/** CSS pixels in a unit of SVG; one without a fixed length gives no size. */
const UNITS: { [unit: string]: number } = { '': 1, px: 1, pt: POINTS, pc: 16, in: 96, cm: 96 / 2.54, mm: 96 / 25.4 };

export function rasterSize(base64: string): Size | undefined {
  const bytes = head(base64, HEAD);
  if (!bytes) return undefined;
  const size = png(bytes) ?? gif(bytes) ?? webp(bytes) ?? bmp(bytes) ?? longer(base64, bytes);
  return size && size.width > 0 && size.height > 0 ? size : undefined;
}

export function svgSize(svg: string): Size | undefined {
  const tag = /<svg\b[^>]*>/i.exec(svg)?.[0] ?? '';
  const width = length(tag, 'width');
  const height = length(tag, 'height');
  if (width !== undefined && height !== undefined) return { width, height };
  const [, , boxWidth = 0, boxHeight = 0] = (/\bviewBox\s*=\s*["']([^"']*)/i.exec(tag)?.[1] ?? '').trim().split(/[\s,]+/).map(Number);
  return boxWidth > 0 && boxHeight > 0 ? { width: width ?? boxWidth, height: height ?? ((width ?? boxWidth) * boxHeight) / boxWidth } : undefined;
}

function length(tag: string, side: string): number | undefined {
  const found = new RegExp(`\\s${side}\\s*=\\s*["']\\s*([\\d.]+)([a-z]*)\\s*["']`, 'i').exec(tag);
  const value = Number(found?.[1]) * (UNITS[found?.[2]?.toLowerCase() ?? ''] ?? Number.NaN);
  return value > 0 ? value : undefined;
}

function longer(base64: string, start: DataView): Size | undefined {
  const bytes = isJpeg(start) ? head(base64, LONG_HEAD) : undefined;
  return bytes && jpeg(bytes);
}

/** Spaces and line ends count among the characters, so that the last group may lack some. */
function head(base64: string, characters: number): DataView | undefined {
  const group = base64.slice(0, characters).replace(/\s+/g, '');
  try {
    const text = atob(group.slice(0, group.length - (group.length % 4)));
    return new DataView(Uint8Array.from(text, (sign) => sign.charCodeAt(0)).buffer);
  } catch {
    return undefined;
  }
}

function says(bytes: DataView, at: number, text: string): boolean {
  return bytes.byteLength >= at + text.length && [...text].every((sign, index) => bytes.getUint8(at + index) === sign.charCodeAt(0));
}

function png(bytes: DataView): Size | undefined {
  if (!says(bytes, 1, 'PNG') || bytes.byteLength < 24) return undefined;
  return { width: bytes.getUint32(16), height: bytes.getUint32(20) };
}

function gif(bytes: DataView): Size | undefined {
  if (!says(bytes, 0, 'GIF8') || bytes.byteLength < 10) return undefined;
  return { width: bytes.getUint16(6, true), height: bytes.getUint16(8, true) };
}

function bmp(bytes: DataView): Size | undefined {
  if (!says(bytes, 0, 'BM') || bytes.byteLength < 26) return undefined;
  return { width: bytes.getInt32(18, true), height: Math.abs(bytes.getInt32(22, true)) };
}

function isJpeg(bytes: DataView): boolean {
  return bytes.byteLength >= 4 && bytes.getUint16(0) === 0xffd8;
}

/** From segment to segment up to the one that begins a frame. */
function jpeg(bytes: DataView): Size | undefined {
  let at = 2;
  while (at + 9 < bytes.byteLength && bytes.getUint8(at) === 0xff) {
    const marker = bytes.getUint8(at + 1);
    const beginsFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (beginsFrame) return { width: bytes.getUint16(at + 7), height: bytes.getUint16(at + 5) };
    at += 2 + bytes.getUint16(at + 2);
  }
  return undefined;
}

function webp(bytes: DataView): Size | undefined {
  if (!says(bytes, 8, 'WEBP') || bytes.byteLength < 30) return undefined;
  const three = (at: number) => bytes.getUint16(at, true) | (bytes.getUint8(at + 2) << 16);
  if (says(bytes, 12, 'VP8X')) return { width: three(24) + 1, height: three(27) + 1 };
  if (says(bytes, 12, 'VP8L')) {
    const bits = bytes.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
  }
  return { width: bytes.getUint16(26, true) & 0x3fff, height: bytes.getUint16(28, true) & 0x3fff };
}

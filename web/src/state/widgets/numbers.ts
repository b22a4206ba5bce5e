// Numbers as sliders, dials and spin boxes set them: within limits, on their steps, as they are written. Pure.

export interface Scale {
  least: number;
  most: number;
  step: number;
  /** Digits after the point. */
  digits: number;
}

interface Told {
  number(key: string, otherwise: number): number;
  text(key: string): string;
}

/** `most` is the upper limit of a kind that was given none. */
export function scaleOf(widget: Told, most: number): Scale {
  const scale = { least: widget.number('min', 0), most: widget.number('max', most), step: Math.abs(widget.number('step', 1)) || 1 };
  return { ...scale, digits: digitsOf(widget, scale.step) };
}

/** As near as the steps allow. */
export function settled(value: number, { least, most, step, digits }: Scale): number {
  const within = Math.min(most, Math.max(least, value));
  const stepped = Math.min(most, least + Math.round((within - least) / step) * step);
  return Number(stepped.toFixed(Math.max(digits, decimals(step))));
}

/** What a person typed; undefined when it is no number. */
export function numberIn(typed: string, scale: Scale): number | undefined {
  const number = Number(typed.trim().replace(',', '.'));
  return typed.trim() === '' || !Number.isFinite(number) ? undefined : Number(Math.min(scale.most, Math.max(scale.least, number)).toFixed(scale.digits));
}

export function written(value: number, { digits }: Scale): string {
  return value.toFixed(digits);
}

function digitsOf(widget: Told, step: number): number {
  const told = widget.number('decimals', Number.NaN);
  if (Number.isInteger(told)) return Math.min(20, Math.max(0, told));
  return widget.text('dtype') === 'float' ? Math.max(1, decimals(step)) : decimals(step);
}

function decimals(step: number): number {
  const text = String(step);
  const power = /e-(\d+)$/.exec(text);
  if (power) return Math.min(20, Number(power[1]));
  return Math.min(20, text.split('.')[1]?.length ?? 0);
}

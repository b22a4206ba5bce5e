// A place in a text that stays at its character whatever is typed around it. Imports yjs only.

import * as Y from 'yjs';

export class Anchor {
  readonly #position: Y.RelativePosition;

  /** `before` keeps to the character behind the place, `behind` to the one before it. */
  constructor(
    private readonly text: Y.Text,
    offset: number,
    side: 'before' | 'behind' = 'before',
  ) {
    this.#position = Y.createRelativePositionFromTypeIndex(text, offset, side === 'before' ? 0 : -1);
  }

  /** Undefined once the text is in the document no more. */
  get offset(): number | undefined {
    const { doc } = this.text;
    const absolute = doc && Y.createAbsolutePositionFromRelativePosition(this.#position, doc);
    return absolute?.type === this.text ? absolute.index : undefined;
  }
}

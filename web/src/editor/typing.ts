// How undo knows what this person typed, without the editors that type it. Imports nothing.

/** The class of the origins of what this person types. */
export class Typing {}

// The projects of the server, those in the bin too. Imports the wire.

import type { ProjectSummary } from '../wire/wire';
import { Listing } from './listing';

export class Projects extends Listing<ProjectSummary> {
  protected override ended(cause?: unknown): void {
    // The list of notebooks beside it says that the server is away.
    if (cause !== undefined) console.warn('The list of projects could not be read.', cause);
  }
}

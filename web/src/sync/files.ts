// The REST calls about the files beside one notebook, in the directory its kernel works in. Imports rest.

import type { Rest } from './rest';
import type { Upload } from './upload';

export interface FileEntry {
  /** Below the directory, with slashes. */
  path: string;
  /** In bytes. */
  size: number;
  /** Milliseconds since the Unix epoch. */
  modified: number;
}

export interface FileList {
  /** Where that is on the machine of the server. */
  directory: string;
  files: FileEntry[];
  /** There are more than are listed. */
  more?: boolean;
}

export class FileCalls {
  readonly #files: string;

  constructor(
    private readonly rest: Rest,
    notebook: string,
  ) {
    this.#files = `api/notebooks/${encodeURIComponent(notebook)}/files`;
  }

  list(): Promise<FileList> {
    return this.rest.json('GET', this.#files);
  }

  async put(path: string, file: Blob, settings: Pick<Upload, 'signal' | 'sent'>): Promise<void> {
    await this.rest.send('PUT', this.#path(path), file, settings);
  }

  async remove(path: string): Promise<void> {
    await this.rest.call('DELETE', this.#path(path));
  }

  /** Where the browser downloads a file from. */
  addressOf(path: string): string {
    return this.rest.address(this.#path(path));
  }

  #path(path: string): string {
    return `${this.#files}/${path.split('/').map(encodeURIComponent).join('/')}`;
  }
}

// The REST calls about the kernel of one notebook and the environment that kernels run in. Imports rest and the wire's
// types.

import type { KernelBody } from '../wire/wire';
import type { Rest } from './rest';

/** A kernel that can be had. */
export interface KernelSpec {
  name: string;
  displayName: string;
  language: string;
  origin: string;
  /** It starts at once; else its environment is made first. */
  ready: boolean;
}

export interface KernelSpecs {
  default: string;
  /** How what runs is kept apart from the rest of the machine: a sentence. */
  isolation: string;
  specs: KernelSpec[];
}

export interface Package {
  name: string;
  version: string;
  /** Kernels do not run without it. */
  needed?: boolean;
}

/** The Python environment that the server makes and keeps. */
export interface Environment {
  state: 'absent' | 'making' | 'ready' | 'failed';
  sentence?: string;
  step?: string;
  /** 0 to 1. */
  fraction?: number;
  log: string[];
  python?: string;
  madeWith?: string;
  packages?: Package[];
}

export interface KernelCompletions {
  matches: { text: string; type?: string }[];
  /** In UTF-16 units of the code that was asked about. */
  start: number;
  end: number;
}

export interface KernelInspection {
  found: boolean;
  data: { [mime: string]: unknown };
}

export interface Variable {
  name: string;
  type: string;
  size?: string | number;
  value: string;
}

export class KernelCalls {
  readonly #kernel: string;

  constructor(
    private readonly rest: Rest,
    notebook: string,
  ) {
    this.#kernel = `api/notebooks/${encodeURIComponent(notebook)}/kernel`;
  }

  specs(): Promise<KernelSpecs> {
    return this.rest.json('GET', 'api/kernelspecs');
  }

  /** Without `spec` the notebook's own; `replace` shuts another one down first. */
  start(choice: { spec?: string; replace?: boolean } = {}): Promise<KernelBody> {
    return this.rest.json('POST', `${this.#kernel}/start`, choice);
  }

  interrupt(): Promise<KernelBody> {
    return this.rest.json('POST', `${this.#kernel}/interrupt`);
  }

  restart(runAll: boolean): Promise<KernelBody> {
    return this.rest.json('POST', `${this.#kernel}/restart`, { runAll });
  }

  /** Also ends the making of its environment. */
  shutDown(): Promise<KernelBody> {
    return this.rest.json('POST', `${this.#kernel}/shutdown`);
  }

  complete(code: string, cursor: number, signal: AbortSignal): Promise<KernelCompletions> {
    return this.rest.json('POST', `${this.#kernel}/complete`, { code, cursor }, signal);
  }

  inspect(code: string, cursor: number, signal: AbortSignal): Promise<KernelInspection> {
    return this.rest.json('POST', `${this.#kernel}/inspect`, { code, cursor, detail: 0 }, signal);
  }

  async variables(): Promise<Variable[]> {
    return (await this.rest.json<{ variables: Variable[] }>('GET', `${this.#kernel}/variables`)).variables;
  }

  environment(): Promise<Environment> {
    return this.rest.json('GET', 'api/environment');
  }

  makeEnvironment(): Promise<Environment> {
    return this.rest.json('POST', 'api/environment/make');
  }

  cancelEnvironment(): Promise<Environment> {
    return this.rest.json('POST', 'api/environment/cancel');
  }

  addPackages(packages: readonly string[]): Promise<Environment> {
    return this.rest.json('POST', 'api/environment/packages', { packages });
  }

  removePackage(name: string): Promise<Environment> {
    return this.rest.json('DELETE', `api/environment/packages/${encodeURIComponent(name)}`);
  }
}

// The REST calls about the kernel of one notebook and the environment that kernels run in. Imports rest and the wire's
// types.

import type { AddPackages, CompleteCode, Completions, EnvironmentBody, InspectCode, InspectionBody, KernelBody, KernelspecList, ModelTold, RestartKernel, StartKernel, TellModel, Variable, VariableList } from '../wire/wire';
import type { Rest } from './rest';

export class KernelCalls {
  readonly #kernel: string;

  constructor(
    private readonly rest: Rest,
    notebook: string,
  ) {
    this.#kernel = `api/notebooks/${encodeURIComponent(notebook)}/kernel`;
  }

  specs(): Promise<KernelspecList> {
    return this.rest.json('GET', 'api/kernelspecs');
  }

  /** Without `spec` the notebook's own; `replace` shuts another one down first. */
  start(choice: StartKernel = {}): Promise<KernelBody> {
    return this.rest.json('POST', `${this.#kernel}/start`, choice);
  }

  interrupt(): Promise<KernelBody> {
    return this.rest.json('POST', `${this.#kernel}/interrupt`);
  }

  restart(runAll: boolean): Promise<KernelBody> {
    return this.rest.json('POST', `${this.#kernel}/restart`, { runAll } satisfies RestartKernel);
  }

  /** Also ends the making of its environment. */
  shutDown(): Promise<KernelBody> {
    return this.rest.json('POST', `${this.#kernel}/shutdown`);
  }

  complete(code: string, cursor: number, signal: AbortSignal): Promise<Completions> {
    return this.rest.json('POST', `${this.#kernel}/complete`, { code, cursor } satisfies CompleteCode, signal);
  }

  inspect(code: string, cursor: number, signal: AbortSignal): Promise<InspectionBody> {
    return this.rest.json('POST', `${this.#kernel}/inspect`, { code, cursor } satisfies InspectCode, signal);
  }

  async variables(): Promise<Variable[]> {
    return (await this.rest.json<VariableList>('GET', `${this.#kernel}/variables`)).variables;
  }

  /** Tells a widget of the kernel. */
  tell(model: string, told: TellModel): Promise<ModelTold> {
    return this.rest.json('POST', `${this.#kernel}/models/${encodeURIComponent(model)}`, told);
  }

  /** The script with which a package draws its widgets. */
  async widgetLibrary(module: string): Promise<string> {
    return (await this.rest.call('GET', `api/environment/widgets?module=${encodeURIComponent(module)}`)).text();
  }

  environment(): Promise<EnvironmentBody> {
    return this.rest.json('GET', 'api/environment');
  }

  makeEnvironment(): Promise<EnvironmentBody> {
    return this.rest.json('POST', 'api/environment/make');
  }

  cancelEnvironment(): Promise<EnvironmentBody> {
    return this.rest.json('POST', 'api/environment/cancel');
  }

  addPackages(packages: readonly string[]): Promise<EnvironmentBody> {
    return this.rest.json('POST', 'api/environment/packages', { packages: [...packages] } satisfies AddPackages);
  }

  removePackage(name: string): Promise<EnvironmentBody> {
    return this.rest.json('DELETE', `api/environment/packages/${encodeURIComponent(name)}`);
  }
}

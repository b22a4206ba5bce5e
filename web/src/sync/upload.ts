// One file on its way to the server, and how much of it has left. Imports nothing.
//
// `fetch` does not tell what of a body has left, so this is an XMLHttpRequest.
// Invariant: it ends once: with the server's answer, or by a `NotSent`, which says whether somebody called it off.

export interface Upload {
  /** `POST` unless said otherwise. */
  method?: 'POST' | 'PUT';
  address: string;
  file: Blob;
  headers: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
  /** Told as the file leaves: from 0 to 1; 1 when all of it has left and the answer is awaited. */
  sent?: ((share: number) => void) | undefined;
}

export class NotSent extends Error {
  constructor(readonly calledOff: boolean) {
    super(calledOff ? 'called off' : 'no answer');
  }
}

export function upload({ method = 'POST', address, file, headers, signal, sent }: Upload): Promise<Response> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new NotSent(true));
    const request = new XMLHttpRequest();
    const callOff = (): void => request.abort();
    request.open(method, address);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => sent?.(total === 0 ? 0 : Math.min(loaded / total, 0.999));
    request.upload.onload = () => sent?.(1);
    request.onload = () => resolve(new Response(request.responseText, { status: request.status, statusText: request.statusText }));
    request.onerror = () => reject(new NotSent(false));
    request.ontimeout = () => reject(new NotSent(false));
    request.onabort = () => reject(new NotSent(true));
    request.onloadend = () => signal?.removeEventListener('abort', callOff);
    signal?.addEventListener('abort', callOff);
    request.send(file);
  });
}

// A socket as the provider needs it, and the browser's.

/** Why a socket is gone: 1006 when nothing is known. */
export interface Closing {
  code: number;
  /** The server's sentence; may be empty. */
  reason: string;
}

export interface SocketEvents {
  opened(): void;
  received(frame: Uint8Array): void;
  /** Told once, also when the socket never opened. */
  closed(closing: Closing): void;
}

export interface Socket {
  send(frame: Uint8Array): void;
  close(): void;
}

export type Connect = (events: SocketEvents) => Socket;

/** `address` is asked for anew at each attempt: a name may have changed meanwhile. */
export function webSocket(address: () => string): Connect {
  return (events) => {
    const socket = new WebSocket(address());
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => events.opened();
    socket.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) events.received(new Uint8Array(data));
    };
    socket.onclose = ({ code, reason }) => events.closed({ code, reason });
    return {
      send: (frame) => socket.send(frame as Uint8Array<ArrayBuffer>),
      close: () => socket.close(1000),
    };
  };
}

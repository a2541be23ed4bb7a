/** What a signal asks of a program. */
export type Request = 'end' | 'reload';

const REQUESTS = { SIGTERM: 'end', SIGINT: 'end', SIGHUP: 'reload' } as const;

type Listener = (request: Request, signal: string) => void;

let listener: Listener | undefined;
const early: [request: Request, signal: string][] = [];

/**
 * From now on no signal ends this process by itself. Called before anything else is loaded: whoever starts a program may send it a signal at once.
 * What comes before somebody listens is kept.
 */
export function catchSignals(): void {
  for (const [signal, request] of Object.entries(REQUESTS)) {
    process.on(signal, () => {
      if (listener) listener(request, signal);
      else early.push([request, signal]);
    });
  }
}

/** Hears signals, those that have come already first. */
export function onSignal(hear: Listener): void {
  listener = hear;
  for (const [request, signal] of early.splice(0)) hear(request, signal);
}

/** A deadline that can be moved. */
export interface Deadline {
  /** Starts it, or starts it anew. */
  restart(): void;
  stop(): void;
}

/** Calls `onPassed` once the time is over. It keeps no process alive. */
export function createDeadline(afterMs: number, onPassed: () => void): Deadline {
  let timer: NodeJS.Timeout | undefined;
  const pass = () => {
    timer = undefined;
    onPassed();
  };
  return {
    restart() {
      if (timer) timer.refresh();
      else timer = setTimeout(pass, afterMs).unref();
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

import { interruptedError } from './interrupted.js';

/** Who wants to read. */
export interface TurnRequest {
  /** `st_dev` of the file. */
  readonly device: bigint;
  /** Named in the error of one that is interrupted while it waits. */
  readonly path: string;
  readonly signal: AbortSignal | undefined;
}

/** The right to read, until its end. */
export interface Turn {
  /** One of the places, counted from 0: no two turns have the same at once, and the lowest free one is given first. */
  readonly place: number;
  end(): void;
}

export interface Turns {
  /** How many read or wait to. */
  wanted(): number;
  /** In the order of asking, but for those who wait for their disk. `BlobcheckError` `aborted` with the signal. */
  take(request: TurnRequest): Promise<Turn>;
}

interface Waiting {
  /** The disk that only one may read; null where any number may. */
  readonly disk: bigint | null;
  begin(turn: Turn): void;
}

/** Lets as many read at once as there are places, and one a device where `oneAtATime` says so. */
export function turnsOf(places: number, oneAtATime: (device: bigint) => Promise<boolean>): Turns {
  const free = Array.from({ length: places }, (_, place) => place);
  const busyDisks = new Set<bigint>();
  const queue: Waiting[] = [];
  let wanted = 0;

  const next = () => {
    for (let at = 0; at < queue.length && free.length > 0; ) {
      const waiting = queue[at];
      if (waiting === undefined || (waiting.disk !== null && busyDisks.has(waiting.disk))) at++;
      else {
        queue.splice(at, 1);
        begin(waiting, free.shift() ?? 0);
      }
    }
  };
  const begin = ({ disk, begin: go }: Waiting, place: number) => {
    if (disk !== null) busyDisks.add(disk);
    go({
      place,
      end() {
        if (disk !== null) busyDisks.delete(disk);
        free.push(place);
        free.sort((a, b) => a - b);
        wanted--;
        next();
      },
    });
  };
  const enter = (disk: bigint | null, { path, signal }: TurnRequest) =>
    new Promise<Turn>((resolve, reject) => {
      const interrupt = () => {
        queue.splice(queue.indexOf(waiting), 1);
        if (signal !== undefined) reject(interruptedError(path, 0, signal));
      };
      const waiting: Waiting = {
        disk,
        begin(turn) {
          signal?.removeEventListener('abort', interrupt);
          resolve(turn);
        },
      };
      queue.push(waiting);
      if (signal?.aborted) return interrupt();
      signal?.addEventListener('abort', interrupt, { once: true });
      next();
    });

  return {
    wanted: () => wanted,
    async take(request) {
      wanted++;
      try {
        return await enter((await oneAtATime(request.device)) ? request.device : null, request);
      } catch (error) {
        wanted--;
        throw error;
      }
    },
  };
}

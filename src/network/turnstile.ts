import { FairQueue, type Waiting } from './fair-queue.js';

interface WaitingTask extends Waiting {
  readonly settle: (isItsTurn: boolean) => void;
}

/** Lets so many tasks go on at a time. The others wait in turn, by who asks. */
export class Turnstile {
  private busy = 0;
  private readonly queue: FairQueue<WaitingTask>;

  /** @param waiting tasks that may wait */
  constructor(
    private readonly atOnce: number,
    waiting: number,
  ) {
    this.queue = new FairQueue(waiting);
  }

  get busyCount(): number {
    return this.busy;
  }

  get waitingCount(): number {
    return this.queue.size;
  }

  /** Takes a turn if one is free. */
  tryTurn(): boolean {
    if (this.busy >= this.atOnce) return false;
    this.busy++;
    return true;
  }

  /**
   * Waits for a turn. Resolves to false if the queue is full and others deserve the room more, or once the task leaves.
   * @param whenLeaving registers a call for when the task stops waiting by itself; returns a function that takes it back
   */
  async turn(who: Waiting, whenLeaving: (leave: () => void) => () => void): Promise<boolean> {
    if (this.tryTurn()) return true;
    return new Promise((resolve) => {
      const task: WaitingTask = {
        ...who,
        settle: (isItsTurn) => {
          stayed();
          if (isItsTurn) this.busy++;
          resolve(isItsTurn);
        },
      };
      const stayed = whenLeaving(() => {
        this.queue.remove(task);
        task.settle(false);
      });
      this.queue.add(task)?.settle(false);
    });
  }

  /** Ends a turn; the next task begins. */
  end(): void {
    this.busy--;
    this.queue.take()?.settle(true);
  }
}

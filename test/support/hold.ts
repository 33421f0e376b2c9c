/** A call that a test holds in the middle of an act, so that another act can run between two of its steps. */
export interface Hold {
  /** Fulfilled when the call has come to the point where it is held. */
  readonly reached: Promise<void>;
  /** Lets it go on. */
  readonly release: () => void;
}

type Method = (...given: unknown[]) => Promise<unknown>;

/**
 * Holds the next call of a method of one object: before it begins, or after it has done its work and before its caller
 * learns of that. Later calls are not held.
 */
export function holdNext<T extends object>(target: T, method: keyof T & string, point: 'before' | 'after'): Hold {
  const original = Reflect.get(target, method) as Method;
  const [reached, arrive] = signal();
  const [released, release] = signal();
  const held: Method = async (...given) => {
    Reflect.deleteProperty(target, method);
    const pause = (): Promise<void> => {
      arrive();
      return released;
    };
    if (point === 'before') await pause();
    const result = await original.apply(target, given);
    if (point === 'after') await pause();
    return result;
  };
  Object.defineProperty(target, method, { value: held, configurable: true });
  return { reached, release };
}

function signal(): [promise: Promise<void>, give: () => void] {
  let give = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    give = resolve;
  });
  return [promise, give];
}

/** Guards that establish who asks. Every route has one of them, or says that it is public. */
const AUTHENTICATING = new WeakSet<object>();

/** Marks a guard class as one that establishes who asks. */
export function Authenticates(): ClassDecorator {
  return (guard) => {
    AUTHENTICATING.add(guard);
  };
}

/** Whether a guard class is marked so. */
export function authenticates(guard: object): boolean {
  return AUTHENTICATING.has(guard);
}

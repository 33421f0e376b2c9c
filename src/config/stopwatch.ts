/**
 * How long ago something was, by whichever of two clocks says more: the steady one may stand still while a machine is
 * suspended, and the one on the wall may be put back.
 */
export class Stopwatch {
  private readonly steadyMs = performance.now();
  private readonly wallMs = Date.now();

  get seconds(): number {
    return Math.max(performance.now() - this.steadyMs, Date.now() - this.wallMs) / 1000;
  }
}

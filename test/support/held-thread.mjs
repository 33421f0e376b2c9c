// Task of a hashing thread that a test holds. It blocks the thread, as a hash does, until the test releases it.
export default function run(gate) {
  const startedAtMs = performance.now();
  Atomics.store(gate, 1, 1);
  Atomics.wait(gate, 0, 0);
  return { value: '', ms: performance.now() - startedAtMs };
}

// What a hashing thread runs while a test holds it: it blocks as a hash does, for as long as the test says.
export default function run(gate) {
  const startedAtMs = performance.now();
  Atomics.store(gate, 1, 1);
  Atomics.wait(gate, 0, 0);
  return { value: '', ms: performance.now() - startedAtMs };
}

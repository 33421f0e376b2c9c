const SIZES = ['small', 'full'] as const;

type Size = (typeof SIZES)[number];

/**
 * Volume of the endurance tests, from the environment variable `TEST_SIZE`: `small` (the default) gives
 * each less volume and leaves a few variants out, which the run's end counts. `full` runs everything, on both engines.
 */
export const SIZE = sizeOf(process.env.TEST_SIZE);

/** Picks a volume by size. */
export function sized<Volume>(volumes: Readonly<Record<Size, Volume>>): Volume {
  return volumes[SIZE];
}

/** @throws {Error} for a size that does not exist */
function sizeOf(given = 'small'): Size {
  const size = SIZES.find((one) => one === given);
  if (!size) throw new Error(`TEST_SIZE=${given} is not allowed. Allowed: ${SIZES.join(', ')}.`);
  return size;
}

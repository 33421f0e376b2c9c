/** A result that standard output did not take: its reader has gone, or its disk is full. */
export class OutputError extends Error {
  override readonly name = 'OutputError';

  constructor(cause: unknown) {
    super(`The result could not be written to standard output (${(cause as NodeJS.ErrnoException).code}).`, { cause });
  }
}

let failure: Error | undefined;

/** Lets a command go on when its output fails: unheard, that error would end the process with its work half done. */
export function outliveOutput(): void {
  process.stdout.on('error', (error) => (failure ??= error));
  // What cannot be said there cannot be said anywhere.
  process.stderr.on('error', () => undefined);
}

/** Waits until everything printed is written. @throws {OutputError} if it was not */
export async function demandWritten(): Promise<void> {
  await new Promise<void>((written) => process.stdout.write('', () => written()));
  if (failure) throw new OutputError(failure);
}

/** Writes a line of a result to standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Writes a line for people only to standard error, which programs that read the result do not see. */
export function remark(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** A list: as JSON, or as lines whose columns are aligned and the last of which may hold spaces. */
export function printList(rows: readonly object[], asJson: boolean, line: (row: never) => readonly string[]): void {
  if (asJson) return print(JSON.stringify(rows, null, 2));
  const lines = rows.map((row) => line(row as never));
  for (const cells of lines)
    print(
      cells
        .map((cell, i) => cell.padEnd(widthOf(lines, i)))
        .join('  ')
        .trimEnd(),
    );
}

function widthOf(lines: readonly (readonly string[])[], column: number): number {
  return Math.max(...lines.map((cells) => cells[column]?.length ?? 0));
}

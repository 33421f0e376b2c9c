/** The option of whatever prints a list. */
export const JSON_OPTION = ['--json', 'print JSON'] as const;

/** The end of a command's help. */
export function example(...lines: readonly string[]): string {
  return `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}

/** Log of a running service, and where the current test's part of it begins. */
interface Recorded {
  readonly name: string;
  readonly lines: readonly unknown[];
  from: number;
  isOver: boolean;
}

/** A failing test shows at most so many lines of each log, the last ones. */
const MOST_LINES = 200;

let recorded: Recorded[] = [];

/** Keeps a service's log for tests that fail. The answer is called when the service has ended. */
export function recordLog(name: string, lines: readonly unknown[]): () => void {
  const log: Recorded = { name, lines, from: lines.length, isOver: false };
  recorded.push(log);
  return () => {
    log.isOver = true;
  };
}

/** Begins a test: its part of each log is what comes from here on. */
export function beginLogs(): void {
  recorded = recorded.filter(({ isOver }) => !isOver);
  for (const log of recorded) log.from = log.lines.length;
}

/** Logs of the services in the current test. */
export function logsOfTest(): string {
  return recorded
    .filter(({ lines, from }) => lines.length > from)
    .map(({ name, lines, from }) => {
      const own = lines.slice(Math.max(from, lines.length - MOST_LINES));
      return `Log of ${name}:\n${own.map(written).join('\n')}\n`;
    })
    .join('\n');
}

const written = (line: unknown): string => (typeof line === 'string' ? line : JSON.stringify(line));

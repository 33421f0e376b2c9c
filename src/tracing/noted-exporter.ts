import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';

type Done = Parameters<SpanExporter['export']>[1];

/** An exporter of which the log tells once that it begins to fail: the library would keep that to itself. */
export class NotedExporter implements SpanExporter {
  private isFailing = false;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly warn: (line: object) => void,
  ) {}

  export(spans: ReadableSpan[], done: Done): void {
    this.exporter.export(spans, (result) => {
      this.note(result);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  private note({ error }: Parameters<Done>[0]): void {
    const isFailing = error !== undefined;
    if (isFailing && !this.isFailing)
      this.warn({ msg: 'Traces cannot be delivered and are dropped until they can.', error });
    this.isFailing = isFailing;
  }
}

// Before any class with decorators: one that is loaded without it has no types for the OpenAPI documents.
import 'reflect-metadata';
import { beforeEach } from 'vitest';
import { beginLogs, logsOfTest } from '../support/logs.js';

// A failing test shows what its services logged.
beforeEach(({ onTestFailed }) => {
  beginLogs();
  onTestFailed(() => {
    const logs = logsOfTest();
    // oxlint-disable-next-line no-console -- vitest shows what the console had beside the failure of its test.
    if (logs) console.error(logs);
  });
});
